import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ListenOptions } from 'node:net'

/** Below those that the system gives to connections: one that is free now is not taken by a client before a server listens on it. */
const firstPort = 20_000
const endPort = 32_000

const given = new Set<number>()

/** `count` ports that nobody listens on now, on any address, and that were not given away in this process before. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = randomInt(firstPort, endPort)
    if (given.has(port)) continue
    given.add(port)
    if ((await canListen({ port, host: '127.0.0.1' })) && (await canListen({ port }))) ports.push(port)
  }
  return ports
}

async function canListen(address: ListenOptions): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(address), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}
