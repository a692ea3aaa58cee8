import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The part of a relay that a host talks to: it takes requestCrawl and answers getHostStatus. */
export interface TestRelay extends AsyncDisposable {
  readonly url: string
  /** The hostnames that asked to be crawled. */
  readonly requested: string[]
  /** What it says of any host; undefined: it has not heard of it. */
  status: { seq?: number; status?: string; accountCount?: number } | undefined
  /** The status code it answers requestCrawl with. */
  requestAnswer: number
}

export async function testRelay(): Promise<TestRelay> {
  const requested: string[] = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://relay')
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (pathname === '/xrpc/com.atproto.sync.getHostStatus') {
      if (relay.status === undefined) return answer(400, { error: 'HostNotFound' })
      return answer(200, { hostname: searchParams.get('hostname'), ...relay.status })
    }
    if (pathname !== '/xrpc/com.atproto.sync.requestCrawl') return answer(404, {})
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    requested.push(JSON.parse(Buffer.concat(chunks).toString()).hostname)
    return answer(relay.requestAnswer, {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const relay: TestRelay = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requested,
    status: undefined,
    requestAnswer: 200,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return relay
}
