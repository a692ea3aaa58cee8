import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A connection to Postgres that can be cut at its worst moment: after `holdNextCommit()`, the next statement that brings a commit event
 * reaches the server and is carried out, but its answer is not delivered; `cut` closes the connection instead.
 */
export async function deafProxy(databaseUrl: string) {
  const target = new URL(databaseUrl)
  let armed = false
  let held: Socket | null = null
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let doomed = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of [client, upstream]) other.destroy()
      })
    }
    client.on('data', (data) => {
      if (armed && data.includes(commitField)) {
        doomed = true
        armed = false
      }
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (!doomed) client.write(data)
      else if (data.at(-6) === readyForQuery) held = client
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.toString(),
    /** Whether a statement has been carried out whose answer is held back. */
    get holds() {
      return held !== null
    },
    holdNextCommit() {
      armed = true
    },
    cut() {
      held?.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** In the body of every commit event but the first, and of nothing else. */
const commitField = Buffer.from('prevData')

const readyForQuery = 'Z'.charCodeAt(0)
