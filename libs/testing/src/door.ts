import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that can be shut: its absence and its return, without a neighbour noticing. */
export interface Door extends Disposable {
  /** Of the server, by way of the door. */
  readonly url: string
  /** Cuts every connection and refuses new ones. */
  shut(): void
  open(): void
  /** Leads new connections to a server that has come in place of the other. */
  leadTo(serverUrl: string): void
}

export async function openDoor(serverUrl: string, { shut = false } = {}): Promise<Door> {
  let target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  const server = createServer((inner) => {
    if (shut) return void inner.destroy()
    const outer = connect(Number(target.port || defaultPorts[target.protocol]), target.hostname)
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.toString(),
    shut() {
      shut = true
      cut()
    },
    open() {
      shut = false
    },
    leadTo(otherUrl) {
      target = new URL(otherUrl)
    },
    [Symbol.dispose]() {
      server.close()
      cut()
    },
  }
}

const defaultPorts: Record<string, number> = { 'redis:': 6379, 'postgres:': 5432, 'postgresql:': 5432 }
