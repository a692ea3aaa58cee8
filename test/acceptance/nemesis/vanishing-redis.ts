import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Processes } from '@heronry/launcher/processes.mjs'
import { startRedis } from '@heronry/launcher/redis-server.mjs'
import { openDoor } from '@heronry/testing/door'
import { Redis } from 'ioredis'

/** A Redis of a test's own, which forgets everything whenever it is flushed or ends. */
export interface VanishingRedis extends AsyncDisposable {
  /** The same for all its lives. */
  readonly url: string
  flushAll(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export async function vanishingRedis(): Promise<VanishingRedis> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'heronry-redis-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const place = { folder, password: randomBytes(8).toString('hex'), output: 'ignore' as const }
  let processes = new Processes()
  starting.defer(() => processes.stopAll())
  const door = starting.use(await openDoor(await startRedis(processes, place)))
  const started = starting.move()
  return {
    url: door.url,
    async flushAll() {
      const client = new Redis(door.url)
      await client.flushall()
      client.disconnect()
    },
    async stop() {
      door.shut()
      await processes.stopAll()
    },
    async start() {
      processes = new Processes()
      door.leadTo(await startRedis(processes, place))
      door.open()
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
