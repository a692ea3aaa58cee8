import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'

/**
 * A database of its own on the test run's Redis, reached through a door that can be shut: FLUSHALL, absence and restart, without
 * a neighbour noticing.
 */
export interface TestRedis extends AsyncDisposable {
  url: string
  client: Redis
  /** Forgets everything, as FLUSHALL does. */
  flush(): Promise<void>
  /** Cuts every connection and refuses new ones. */
  shut(): void
  open(): void
}

/** The others belong to tests that name them. */
const databases = 10
const reservedForS = 600

export async function testRedis({ shut = false } = {}): Promise<TestRedis> {
  const server = serverUrl()
  const index = new Redis(server.toString())
  const database = await reserve(index)
  server.pathname = `/${database}`
  const client = new Redis(server.toString())
  await client.flushdb()
  const door = await openDoor(server, shut)
  const url = new URL(server)
  url.hostname = '127.0.0.1'
  url.port = String(door.port)
  return {
    url: url.toString(),
    client,
    flush: async () => void (await client.flushdb()),
    shut: door.shut,
    open: door.open,
    async [Symbol.asyncDispose]() {
      door.close()
      await client.flushdb()
      await index.del(reservation(database))
      for (const redis of [client, index]) redis.disconnect()
    },
  }
}

/** Takes a numbered database from the other tests of the run; database 0 holds the reservations. */
async function reserve(index: Redis): Promise<number> {
  for (let tries = 0; tries < 500; tries++) {
    const database = randomInt(1, databases + 1)
    if ((await index.set(reservation(database), 'test', 'EX', reservedForS, 'NX')) === 'OK') return database
  }
  throw new Error('Every database of the test Redis is taken')
}

function reservation(database: number): string {
  return `heronry-test:database:${database}`
}

async function openDoor(target: URL, shutAtFirst: boolean) {
  let shut = shutAtFirst
  const sockets = new Set<Socket>()
  const server = createServer((inner) => {
    if (shut) return void inner.destroy()
    const outer = connect(Number(target.port || 6379), target.hostname)
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
  return {
    port: (server.address() as AddressInfo).port,
    shut() {
      shut = true
      cut()
    },
    open() {
      shut = false
    },
    close() {
      server.close()
      cut()
    },
  }
}

function serverUrl(): URL {
  const url = process.env['HERONRY_TEST_REDIS_URL']
  if (url === undefined) throw new Error('HERONRY_TEST_REDIS_URL is not set: run the tests by `npm test`')
  return new URL(url)
}
