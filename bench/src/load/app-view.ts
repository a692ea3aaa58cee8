import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What both sides ask in their members' names. */
export interface AppViewAddress {
  readonly url: string
  readonly did: string
}

/** In the bench's own process: its CPU counts for nobody. Answers as many bytes as the parameter `q` says. */
export async function startAppView(): Promise<AppViewAddress & AsyncDisposable> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const body = bodyOf(Number(searchParams.get('q') ?? 0))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    did: 'did:web:appview.test',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const bodies = new Map<number, Buffer>()

function bodyOf(bytes: number): Buffer {
  const made = bodies.get(bytes) ?? Buffer.from(JSON.stringify({ actors: [], cursor: 'x'.repeat(bytes) }))
  bodies.set(bytes, made)
  return made
}
