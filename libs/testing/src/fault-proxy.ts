import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** What happens to a connection when it has carried so many bytes in a direction. */
export interface Fault {
  readonly direction: 'up' | 'down'
  readonly afterBytes: number
  readonly how: 'reset' | 'end' | 'silence'
  /** Connections that have it, from the next one on; all of them unless given. */
  readonly connections?: number
}

/** A way to a server on which things go wrong. */
export interface FaultProxy extends Disposable {
  readonly url: string
  /** From the next connection on; undefined: nothing goes wrong. */
  fault: Fault | undefined
  /** Of clients, by now. */
  open(): number
  /** Breaks all connections; what comes next is a new one. */
  closeAll(): void
}

export async function faultProxy(serverUrl: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(serverUrl)
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    const fault = next()
    const store = connect(Number(port), hostname)
    clients.add(client.once('close', () => clients.delete(client)))
    for (const [socket, other] of [[client, store] as const, [store, client] as const]) {
      sockets.add(socket.on('error', () => {}))
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    carry(client, store, fault?.direction === 'up' ? fault : undefined)
    carry(store, client, fault?.direction === 'down' ? fault : undefined)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const closeAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  let left = 0
  let current: Fault | undefined
  const next = () => (left-- > 0 ? current : undefined)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get fault() {
      return current
    },
    set fault(fault) {
      current = fault
      left = fault?.connections ?? Number.POSITIVE_INFINITY
    },
    open: () => clients.size,
    closeAll,
    [Symbol.dispose]() {
      server.close()
      closeAll()
    },
  }
}

function carry(from: Socket, to: Socket, fault: Fault | undefined): void {
  let left = fault?.afterBytes ?? Number.POSITIVE_INFINITY
  from.on('data', (chunk) => {
    if (left <= 0) return
    const carried = chunk.subarray(0, Math.min(chunk.length, left))
    left -= carried.length
    if (!to.write(carried)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
    if (left > 0) return
    const client = fault?.direction === 'up' ? from : to
    if (fault?.how === 'reset') client.resetAndDestroy()
    if (fault?.how === 'end') client.end()
  })
  from.on('end', () => to.end())
}
