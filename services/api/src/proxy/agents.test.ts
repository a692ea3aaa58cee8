import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { Agents } from './agents.ts'
import { proxyLimits } from './limits.ts'

async function trap(host: string, port = 0) {
  let connections = 0
  const server = createServer((_request, response) => void response.end('trapped'))
  server.on('connection', (socket) => {
    connections++
    socket.on('error', () => {})
  })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => void server.close().closeAllConnections(),
  }
}

/** 127.0.0.1 stands for the internet, 127.0.0.2 for what is inside. */
test('a name whose address changes between two answers is connected to where it was checked, or not at all', async () => {
  await using outside = await trap('127.0.0.1')
  await using inside = await trap('127.0.0.2', outside.port)
  const answers = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.1', '127.0.0.2'], ['127.0.0.1']]
  let lookups = 0
  await using agents = new Agents({
    publicOnly: true,
    limits: proxyLimits,
    rules: {
      isAllowed: (address) => address === '127.0.0.1',
      resolve: (_hostname, _options, callback) => {
        const addresses = answers[lookups++] ?? []
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        )
      },
    },
  })
  const origin = `https://rebinding.example.com:${outside.port}`
  for (const _ of answers) {
    // The trap speaks no TLS: what counts is who was connected to.
    const asked = agents.of({ origin, isConfigured: false }).request({ origin, path: '/', method: 'GET' })
    await expect(asked).rejects.toThrow()
  }
  expect([lookups, outside.connections(), inside.connections()]).toEqual([4, 2, 0])
})

test('what the operator named may be inside; a stranger’s must be public, and behind TLS', async () => {
  await using agents = new Agents({ publicOnly: true, limits: proxyLimits })
  agents.of({ origin: 'http://127.0.0.1:1', isConfigured: true })
  agents.of({ origin: 'https://example.com', isConfigured: false })
  for (const origin of ['http://example.com', 'https://127.0.0.1', 'https://[::1]', 'https://192.168.1.1']) {
    expect(() => agents.of({ origin, isConfigured: false })).toThrow('Upstream service unreachable')
  }
})
