import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { type Database, openDatabase } from '@heronry/db/database'
import { type KyselyPlugin, sql } from 'kysely'
import type { CareHouse } from './care-house.ts'

/** What a process has in its hands that will be killed: its connection, and its way to the store. */
export interface Mortal {
  readonly db: Database
  readonly objects: BlobObjects
  /** Bytes on their way, a step for each piece. */
  body(pieces: readonly Uint8Array[]): AsyncIterable<Uint8Array>
}

/**
 * Does something once for each of its steps, in a process that is dead behind that step: its connection is cut, and nothing that it asks of
 * the store is done any more, or half done. The last time it lives. Answers how often it was killed; `check` looks at what is left each time.
 */
export async function killedBehindEachStep(
  house: CareHouse,
  {
    role,
    act,
    check,
  }: { role: string; act: (mortal: Mortal) => Promise<unknown>; check: () => Promise<void> },
): Promise<number> {
  for (let killed = 0; ; killed++) {
    const lives = await livesThrough(house, { role, act, lastStep: killed + 1 })
    await check()
    if (lives) return killed
  }
}

async function livesThrough(
  house: CareHouse,
  { role, act, lastStep }: { role: string; act: (mortal: Mortal) => Promise<unknown>; lastStep: number },
): Promise<boolean> {
  const applicationName = `mortal-${lastStep}`
  const db = openDatabase({ url: house.url, poolMax: 1, applicationName, role, onIdleError() {} })
  const death = Promise.withResolvers<false>()
  let steps = 0
  const step = async () => {
    if (++steps < lastStep) return
    if (steps === lastStep) await cut(house.db, applicationName)
    death.resolve(false)
    await new Promise(() => {})
  }
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      await step()
      return result
    },
  }
  const mortal = {
    db: db.withPlugin(counting),
    objects: mortalObjects(house.objects, step),
    body: bodyOf(step),
  }
  const lives = await Promise.race([act(mortal).then(() => true), death.promise])
  if (lives) await db.destroy()
  return lives
}

function bodyOf(step: () => Promise<void>) {
  return async function* (pieces: readonly Uint8Array[]) {
    for (const piece of pieces) {
      yield piece
      await step()
    }
  }
}

/** Steps behind each call that changes something; `move` has one in its middle, where S3 has two objects. */
function mortalObjects(objects: BlobObjects, step: () => Promise<void>): BlobObjects {
  return {
    ...objects,
    async put(...call) {
      await objects.put(...call)
      await step()
    },
    async delete(key) {
      await objects.delete(key)
      await step()
    },
    async deleteMany(keys) {
      for (const key of keys) {
        await objects.delete(key)
        await step()
      }
    },
    async move(from, to) {
      const copied = await objects.open(from).catch(() => undefined)
      if (copied !== undefined) {
        await objects.put(to, copied.stream, { mime: 'a/b' })
        await step()
      }
      await objects.move(from, to)
      await step()
    },
  }
}

async function cut(db: Database, applicationName: string): Promise<void> {
  for (const deadline = Date.now() + 5000; Date.now() < deadline; ) {
    const { rows } = await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = ${applicationName}`.execute(db)
    if (rows.length === 0) return
  }
  throw new Error('the connection lives')
}
