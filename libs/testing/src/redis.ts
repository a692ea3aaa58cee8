import { randomInt } from 'node:crypto'
import { Redis } from 'ioredis'
import { openDoor } from './door.ts'

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
const renewalMs = 200_000

export async function testRedis({ shut = false } = {}): Promise<TestRedis> {
  const server = serverUrl()
  const index = new Redis(server.toString())
  const database = await reserve(index)
  server.pathname = `/${database}`
  // A Redis that is gone makes the test fail by itself.
  const renewal = setInterval(
    () => index.expire(reservation(database), reservedForS).catch(() => {}),
    renewalMs,
  )
  const client = new Redis(server.toString())
  await client.flushdb()
  const door = await openDoor(server.toString(), { shut })
  return {
    url: door.url,
    client,
    flush: async () => void (await client.flushdb()),
    shut: door.shut,
    open: door.open,
    async [Symbol.asyncDispose]() {
      door[Symbol.dispose]()
      clearInterval(renewal)
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

function serverUrl(): URL {
  const url = process.env['HERONRY_TEST_REDIS_URL']
  if (url === undefined) throw new Error('HERONRY_TEST_REDIS_URL is not set: run the tests by `npm test`')
  return new URL(url)
}
