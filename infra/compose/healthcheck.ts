import { request } from 'node:http'

/** A container's health: ends with 0 when the service beside it is ready. */
const call = request({ port: process.env['HERONRY_INTERNAL_PORT'], path: '/-/ready' }, (response) => {
  process.exitCode = response.statusCode === 200 ? 0 : 1
  response.resume()
})
call.on('error', () => {
  process.exitCode = 1
})
call.end()
