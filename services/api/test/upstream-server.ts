import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Did, parseDid } from '@heronry/core/did'

/** What an upstream was asked. */
export interface AskedOf {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: Buffer
}

/** A real HTTP server that stands for another service, and does with a request whatever the test says. */
export async function upstreamServer(
  answer: RequestListener = (_request, response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end('{"from":"upstream"}'),
) {
  const asked: AskedOf[] = []
  const sockets = new Set<Socket>()
  let next = answer
  const server = createServer((request, response) => void serve(request, response))
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const { method = '', url = '', headers } = request
    const told: AskedOf = { method, url, headers, body: Buffer.alloc(0) }
    asked.push(told)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      told.body = Buffer.concat(chunks)
    })
    request.on('error', () => {})
    next(request, response)
  }
  let connections = 0
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    asked,
    port,
    url: `http://127.0.0.1:${port}`,
    did: parseDid(`did:web:localhost%3A${port}`) as Did,
    /** What it does from now on. */
    will(listener: RequestListener) {
      next = listener
    },
    /** Connections that were made to it, and those that are open. */
    connections: () => connections,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type UpstreamServer = Awaited<ReturnType<typeof upstreamServer>>
