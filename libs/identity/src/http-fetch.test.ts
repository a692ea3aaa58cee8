import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createHttpFetch } from './http-fetch.ts'
import { isPublicAddress } from './public-address.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

test('an answer comes back as it is, a refusal and a redirect too', async () => {
  const fetch = createHttpFetch({ publicOnly: false })
  const url = await serve((request, response) => {
    const status = Number(request.url?.slice(1))
    response.writeHead(status, { 'content-type': 'text/plain', location: 'http://localhost:1/' }).end('hello')
  })
  for (const status of [200, 302, 404, 500]) {
    const answer = await fetch({ url: `${url}/${status}` })
    expect({ ...answer, body: answer.body.toString() }).toEqual({
      status,
      contentType: 'text/plain',
      location: 'http://localhost:1/',
      body: 'hello',
    })
  }
})

test('a body of the limit is read, one byte more is refused', async () => {
  const fetch = createHttpFetch({ publicOnly: false, bytesMax: 1000 })
  const url = await serve((request, response) => response.end(Buffer.alloc(Number(request.url?.slice(1)))))
  expect((await fetch({ url: `${url}/1000` })).body.length).toBe(1000)
  await expect(fetch({ url: `${url}/1001` })).rejects.toMatchObject({ code: 'UpstreamFailure' })
})

test('a server that never ends its answer is left after the time-out', async () => {
  const fetch = createHttpFetch({ publicOnly: false, timeoutMs: 100 })
  const url = await serve((_, response) => response.writeHead(200).write('a'))
  await expect(fetch({ url })).rejects.toMatchObject({ code: 'UpstreamTimeout' })
})

test('a server that is not there, or hangs up, is an upstream failure', async () => {
  const fetch = createHttpFetch({ publicOnly: false })
  const url = await serve((request) => request.socket.destroy())
  await expect(fetch({ url })).rejects.toMatchObject({ code: 'UpstreamFailure' })
  await expect(fetch({ url: 'http://localhost:1/' })).rejects.toMatchObject({ code: 'UpstreamFailure' })
})

test.each([
  'https://localhost/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://169.254.169.254/latest/meta-data',
  'http://example.com/',
])('%s is not asked where only the public internet may be', async (url) => {
  let asked = false
  await serve(() => {
    asked = true
  })
  const fetch = createHttpFetch({ publicOnly: true })
  await expect(fetch({ url })).rejects.toMatchObject({ code: 'UpstreamFailure' })
  expect(asked).toBe(false)
})

test('a public address is unicast and reachable from everywhere', () => {
  const inside = [
    '10.1.2.3',
    '192.168.0.1',
    '172.16.9.9',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ]
  const inside6 = [
    '::',
    '::1',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ]
  for (const address of [...inside, ...inside6, '', 'localhost']) {
    expect([address, isPublicAddress(address)]).toEqual([address, false])
  }
  for (const address of ['1.1.1.1', '2606:4700:4700::1111', '::ffff:1.1.1.1']) {
    expect([address, isPublicAddress(address)]).toEqual([address, true])
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
