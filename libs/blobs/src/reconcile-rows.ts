import type { Digest } from '@heronry/core/cid'
import { isHeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { type BlobAt, nameOf } from './blob-jobs.ts'
import type { BlobObjects } from './blob-objects.ts'
import type { CareDeps } from './care-deps.ts'
import { lostNamedMax, reconcilePageSize } from './limits.ts'
import { actorFolder, elsewhere, objectFolders } from './object-key.ts'
import { enqueuePlace } from './place-blob.ts'
import type { ReconcileRun } from './reconcile-run.ts'

/** Looks for the object of every row, an actor at a time; yields the last actor of each page. */
export async function* reconcileRows(deps: CareDeps, run: ReconcileRun): AsyncGenerator<string> {
  for (;;) {
    const actors = await actorsBehind(deps.db, BigInt(run.cursor || 0))
    for (const actorId of actors) await reconcileActor(deps, run, actorId)
    if (actors.length === 0) return
    yield String(actors.at(-1))
  }
}

async function actorsBehind(db: Database, actorId: bigint): Promise<ActorId[]> {
  const rows = await db
    .selectFrom('blob')
    .select('actor_id')
    .distinct()
    .where('actor_id', '>', actorId)
    .orderBy('actor_id')
    .limit(reconcilePageSize)
    .execute()
  return rows.map((row) => row.actor_id as ActorId)
}

interface Row extends BlobAt {
  readonly key: string
  readonly size: number
  readonly isMissing: boolean
}

/** One listing instead of a question for each object. Memory: a name and a number for each object of the actor. */
async function reconcileActor(deps: CareDeps, run: ReconcileRun, actorId: ActorId): Promise<void> {
  const sizes = new Map<string, number>()
  for (const folder of objectFolders) {
    for await (const { key, size } of deps.objects.list(actorFolder(folder, actorId))) sizes.set(key, size)
  }
  for (let after: Uint8Array | undefined = new Uint8Array(); after !== undefined; ) {
    const rows: Row[] = await rowsBehind(deps.db, { actorId, after })
    run.blobs += rows.length
    for (const row of rows) {
      const isThere = sizes.get(row.key) === row.size || (await isFoundAlone(deps, run, row))
      if (!isThere) run.missing += 1
      if (isThere === row.isMissing) await mark(deps, run, { row, isThere })
    }
    after = rows.at(-1)?.cid
  }
}

async function rowsBehind(
  db: Database,
  { actorId, after }: { actorId: ActorId; after: Uint8Array },
): Promise<Row[]> {
  const rows = await db
    .selectFrom('blob')
    .select(['cid', 'object_key', 'size', 'missing_since'])
    .where('actor_id', '=', actorId)
    .where('cid', '>', after)
    .orderBy('cid')
    .limit(reconcilePageSize)
    .execute()
  return rows.map((row) => ({
    actorId,
    cid: row.cid as Digest,
    key: row.object_key,
    size: Number(row.size),
    isMissing: row.missing_since !== null,
  }))
}

/** What the listing did not have: the row may be younger than it, or gone by now, or its object on its way to the other folder. */
async function isFoundAlone({ db, objects }: CareDeps, { isDry }: ReconcileRun, blob: Row): Promise<boolean> {
  const row = await db
    .selectFrom('blob')
    .select('object_key')
    .where('actor_id', '=', blob.actorId)
    .where('cid', '=', blob.cid)
    .executeTakeFirst()
  if (row === undefined) return true
  const { object_key: key } = row
  const size = await sizeOf(objects, key)
  if (size !== undefined) return size === blob.size
  if ((await sizeOf(objects, elsewhere(key))) !== blob.size) return false
  if (!isDry) await inTransaction(db, { name: 'reconcile' }, (tx) => enqueuePlace(tx, blob))
  return true
}

async function sizeOf(objects: BlobObjects, key: string): Promise<number | undefined> {
  try {
    return (await objects.stat(key)).size
  } catch (error) {
    if (isHeronryError(error, 'BlobNotFound')) return undefined
    throw error
  }
}

/** Told of once, when it is new. */
async function mark(
  { db, logger, metrics }: CareDeps,
  { isDry, missing }: ReconcileRun,
  { row, isThere }: { row: Row; isThere: boolean },
): Promise<void> {
  const named = { ...nameOf(row), key: row.key, size: row.size }
  if (isThere) logger.warn(named, 'the object of a blob is there again')
  else if (missing <= lostNamedMax) logger.error(named, 'a blob has no object, or another one')
  if (isDry) return
  metrics?.count('pds_blob_care_total', { what: isThere ? 'found' : 'missing' })
  await db
    .updateTable('blob')
    .set({ missing_since: isThere ? null : sql<Date>`now()` })
    .where('actor_id', '=', row.actorId)
    .where('cid', '=', row.cid)
    .execute()
}
