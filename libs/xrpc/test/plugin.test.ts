import { afterAll, beforeAll, expect, test } from 'vitest'
import { echoMethods } from './echo-methods.ts'
import { request } from './request.ts'
import { type RunningServer, startServer } from './start-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await startServer({ methods: echoMethods })
})
afterAll(() => server?.app.close())

const ask = (path: string, more: Partial<Parameters<typeof request>[1]> = {}) =>
  request(server.port, { path: `/xrpc/${path}`, ...more })

test('a query gets its params decoded, defaults included', async () => {
  const answer = await ask('test.heronry.query?number=7&flag=true&list=a&list=b&unknown=1')
  expect(answer).toMatchObject({ status: 200, json: { got: { number: 7, flag: true, list: ['a', 'b'] } } })
  expect((await ask('test.heronry.query')).json).toEqual({ got: { number: 50 } })
})
