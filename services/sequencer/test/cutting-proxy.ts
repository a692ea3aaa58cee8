import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire to Postgres or Redis that can be cut: at any time, or between a request and its answer; or be made slow. */
export async function cuttingProxy(serverUrl: string) {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let cutNextAnswer = false
  let delayMs = 0
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    sockets.add(client).add(upstream)
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => {
      if (!cutNextAnswer && delayMs > 0) return void setTimeout(() => client.write(data), delayMs)
      if (!cutNextAnswer) return void client.write(data)
      cutNextAnswer = false
      client.destroy()
      upstream.destroy()
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.toString(),
    /** Lets the next request through, and cuts the wire when its answer comes. */
    cutNextAnswer() {
      cutNextAnswer = true
    },
    /** Every answer takes this much longer from now on. */
    slowDown(ms: number) {
      delayMs = ms
    },
    /** Cuts every connection there is; new ones may be opened. */
    cutAll() {
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
