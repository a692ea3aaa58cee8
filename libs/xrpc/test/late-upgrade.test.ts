import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { echoMethods } from './echo-methods.ts'
import { startServer } from './start-server.ts'

test('an upgrade asked for while the server closes is refused, and holds nothing up', async () => {
  const { app, port } = await startServer({ methods: echoMethods })
  const early = connect(port, '127.0.0.1')
  const late = connect(port, '127.0.0.1')
  await Promise.all([once(early, 'connect'), once(late, 'connect')])
  const inFlight =
    'POST /xrpc/test.heronry.echo HTTP/1.1\r\nHost: herons.example\r\nContent-Length: 9\r\n\r\n'
  early.write(inFlight)
  late.write('GET /xrpc/test.heronry.events HTTP/1.1\r\n')
  // Neither is idle.
  await expect.poll(() => connectionsOf(app.server)).toBe(2)
  const closed = app.close()
  late.write(
    'Host: herons.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  const [answer] = await once(late, 'data')
  expect(String(answer)).toMatch(/^HTTP\/1\.1 503/)
  early.destroy()
  await closed
})

function connectionsOf(server: {
  getConnections(done: (error: Error | null, count: number) => void): unknown
}) {
  return new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
}
