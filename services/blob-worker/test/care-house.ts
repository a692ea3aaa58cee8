import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BlobHandlerDeps, blobHandlers } from '@heronry/blobs/blob-handlers'
import type { BlobAt } from '@heronry/blobs/blob-jobs'
import { diskObjects } from '@heronry/blobs/disk-objects'
import type { CommunityId } from '@heronry/core/ids'
import { ensureEventPartitions } from '@heronry/events/partitions'
import { createWorker } from '@heronry/jobs/worker'
import { referencedBlobs } from '@heronry/repo/referenced-blobs'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { careMembers } from './care-members.ts'

export const here = 1 as CommunityId
export const there = 2 as CommunityId

/** Repos that refer to blobs, blobs on a disk, and the blob-worker with the rights that it has. */
export async function careHouse() {
  const database = await testDatabase()
  const { db } = database
  await ensureEventPartitions(db)
  const folder = await mkdtemp(join(tmpdir(), 'heronry-care-'))
  const location = join(folder, 'blobs')
  const tempLocation = join(folder, 'temp')
  const objects = diskObjects({ location, tempLocation })
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = createLogger({ service: 'test', level: 'info', enabled: true, destination })
  const metrics = new Metrics({ service: 'test', version: '0' })
  const care = {
    db: database.as('heronry_blob_worker'),
    objects,
    logger,
    metrics,
    references: { of: referencedBlobs },
  }
  return {
    db,
    url: database.url,
    care,
    objects,
    metrics,
    lines,
    /** As the entryway writes. */
    entryway: database.as('heronry_entryway'),
    ...careMembers({ db, api: database.as('heronry_api'), objects, logger }),
    ...working(database, care),
    ...looking(database, care),
    /** Objects become as old as that. */
    async age(keys: readonly string[], ms: number) {
      const at = new Date(Date.now() - ms)
      for (const key of keys) await utimes(join(location, key), at, at)
    },
    /** Files that were begun. */
    unfinished: () => readdir(tempLocation),
    /** As if nothing had ever been stored. */
    async clear() {
      await sql`TRUNCATE blob, blob_stray, blob_hold, blob_block, blob_reconcile, blob_usage, blob_usage_community, job_outbox`.execute(
        db,
      )
      await rm(location, { recursive: true, force: true })
      lines.length = 0
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true })
      await database[Symbol.asyncDispose]()
    },
  }
}

export type CareHouse = Awaited<ReturnType<typeof careHouse>>
export type Member = Awaited<ReturnType<CareHouse['member']>>

type Care = Omit<BlobHandlerDeps, 'scan' | 'onFailure' | 'probe'>

function working({ db }: TestDatabase, care: Care) {
  const openJobs = async () => {
    const { rows } =
      await sql`SELECT FROM job_outbox WHERE queue = 'blobs' AND done_at IS NULL AND dead_at IS NULL
      AND run_at < now() + interval '1 minute'`.execute(db)
    return rows.length
  }
  return {
    /** Works the jobs of blobs that somebody has caused, until `done` holds; those of a schedule are called by their tests. */
    async work(deps: Partial<BlobHandlerDeps> = {}, done = async () => (await openJobs()) === 0) {
      const policy = { scan: undefined, onFailure: 'hold', probe: async () => ({}) } as const
      const handlers = blobHandlers({ ...care, ...policy, ...deps })
      const caused = handlers.filter(({ everyMs }) => everyMs === undefined)
      const stop = new AbortController()
      const { logger } = care
      const running = createWorker({ db: care.db, logger, handlers: caused }).run(stop.signal)
      await until(done).finally(async () => {
        stop.abort()
        await running
      })
    },

    /** So much time passes for blobs, and for uploads that are under way. */
    async timePasses(ms: number) {
      const later = sql`${ms} * interval '1 ms'`
      await sql`UPDATE blob SET orphan_since = orphan_since - ${later}, uploaded_at = uploaded_at - ${later}`.execute(
        db,
      )
      await sql`UPDATE blob_stray SET since = since - ${later}`.execute(db)
    },
  }
}

function looking({ db }: TestDatabase, { objects }: Care) {
  return {
    async row({ actorId, cid }: BlobAt) {
      return await db
        .selectFrom('blob')
        .select([
          'object_key',
          'state',
          'takedown_ref',
          'held_since',
          'missing_since',
          'width',
          'height',
          'probe_fault',
        ])
        .where('actor_id', '=', actorId)
        .where('cid', '=', cid)
        .executeTakeFirst()
    },

    /** The rows' objects, those that are there, and how many others somebody knows of. */
    async inventory() {
      const rows = await db.selectFrom('blob').select('object_key').orderBy('object_key').execute()
      const strays = await db.selectFrom('blob_stray').select('object_key').execute()
      const stored: string[] = []
      for await (const { key } of objects.list('')) stored.push(key)
      return { held: rows.map((row) => row.object_key), stored, strays: strays.length }
    },
  }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; !(await done()); ) {
    if (Date.now() > deadline) throw new Error('not done in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
