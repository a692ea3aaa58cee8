import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Page {
  readonly status?: number
  readonly body?: string
  readonly headers?: Record<string, string>
  /** How long the server takes to answer. */
  readonly delayMs?: number
}

/** A small world wide web: one HTTP server on 127.0.0.1 that answers for every host. */
export interface TestWeb extends AsyncDisposable {
  /** By URL; what is not here is a 404. `silent`: the answer never comes. */
  readonly pages: Map<string, Page | 'silent'>
  /** URLs in the order in which they were asked for. */
  readonly asked: string[]
  /** Where this server has the page of a URL. */
  at(url: string): string
}

/** As servers guess it, by the name. */
const typeOf = (url: string) => (url.endsWith('.json') ? { 'content-type': 'application/json' } : {})

export async function testWeb(): Promise<TestWeb> {
  const pages: TestWeb['pages'] = new Map()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url?.slice(1) ?? '')
    asked.push(url)
    const page = pages.get(url) ?? { status: 404 }
    if (page === 'silent') return
    setTimeout(
      () => response.writeHead(page.status ?? 200, page.headers ?? typeOf(url)).end(page.body),
      page.delayMs ?? 0,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    pages,
    asked,
    at: (url) => `http://127.0.0.1:${port}/${encodeURIComponent(url)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
