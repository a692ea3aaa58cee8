import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { websocketMessage } from './websocket-message.ts'

/** What a WebSocket client of the wide world makes of the bytes. */
async function received(bytes: Buffer): Promise<Buffer[]> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  server.on('connection', (socket, request) => {
    request.socket.write(bytes)
    socket.close()
  })
  await once(server, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const messages: Buffer[] = []
  client.on('message', (data: Buffer, isBinary) => {
    expect(isBinary).toBe(true)
    messages.push(data)
  })
  await once(client, 'close')
  server.close()
  return messages
}

test.each([0, 1, 125, 126, 65_535, 65_536, 2_000_000])(
  'a frame of %i bytes arrives whole',
  async (length) => {
    const frame = Buffer.alloc(length, 7)
    const messages = await received(websocketMessage(frame))
    expect(messages.map((message) => message.equals(frame))).toEqual([true])
  },
)

test('messages joined in one Buffer arrive one by one', async () => {
  const frames = [Buffer.alloc(3, 1), Buffer.alloc(300, 2), Buffer.alloc(70_000, 3)]
  const messages = await received(Buffer.concat(frames.map(websocketMessage)))
  expect(messages.map((message) => message.length)).toEqual([3, 300, 70_000])
  expect(Buffer.concat(messages).equals(Buffer.concat(frames))).toBe(true)
})
