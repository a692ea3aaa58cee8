import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { BlobAt } from './blob-jobs.ts'
import { blobStates } from './blob-state.ts'
import type { CareDeps } from './care-deps.ts'
import { awaitHolds, isNotHeld } from './legal-hold.ts'
import { collectRowsMax, dereferencedGraceMs, temporaryGraceMs, uploadGraceMs } from './limits.ts'
import { elsewhere } from './object-key.ts'
import { deleteStrays } from './stray-objects.ts'

/**
 * Takes blobs that have been without a reference for their grace, and uploads whose process is dead, out of the world: first the
 * rows become doomed strays, committed; then the objects are deleted; then the strays. kill -9 between any two → the next run goes on.
 *
 * Invariant: a blob that a record references, or a legal hold names, is never taken. The row lock decides against the commit statement:
 * whoever is second sees what the first has done. A blob that was taken down keeps its row, so that it cannot be uploaded again.
 */
export async function collectBlobs(deps: CareDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await doomOrphans(deps)) === collectRowsMax);
  await doomDeadUploads(deps.db)
  let failure: unknown
  for (let after = ''; !signal.aborted; ) {
    const keys = await doomedKeys(deps.db, after)
    after = keys.at(-1) ?? ''
    if (keys.length === 0) break
    // One object that cannot be deleted must not keep those after it.
    await deleteStrays(deps, keys).catch(async () => {
      for (const key of keys) await deleteStrays(deps, [key]).catch((error: unknown) => (failure = error))
    })
  }
  if (failure !== undefined) throw failure
}

/** What a run would take now: blobs, and objects that no blob holds. */
export async function countCollectable(db: Database): Promise<{ blobs: number; strays: number }> {
  const { rows } = await sql<{ blobs: bigint; strays: bigint }>`
    SELECT (SELECT count(*) FROM blob b WHERE ${isCollectable}) AS blobs,
      (SELECT count(*) FROM blob_stray WHERE doomed OR ${isDeadUpload}) AS strays`.execute(db)
  return { blobs: Number(rows[0]?.blobs ?? 0), strays: Number(rows[0]?.strays ?? 0) }
}

/**
 * Of an actor that is gone (`-infinity`) everything is due at once, also what was taken down. The first condition is what the index on
 * `orphan_since` is read by.
 */
const isCollectable = sql<boolean>`b.orphan_since < now() - ${sql.lit(dereferencedGraceMs)} * interval '1 ms'
  AND b.state = ${sql.lit(blobStates.unreferenced)} AND ${isNotHeld} AND (
    b.orphan_since = '-infinity'
    OR b.uploaded_at < now() - ${sql.lit(temporaryGraceMs)} * interval '1 ms' AND b.takedown_ref IS NULL)`

const isDeadUpload = sql<boolean>`since < now() - ${sql.lit(uploadGraceMs)} * interval '1 ms'`

/** How many rows it looked at. The references are asked for behind the locks: a snapshot that is older would miss the last one. */
async function doomOrphans({ db, references, logger, metrics }: CareDeps): Promise<number> {
  const { seen, taken, kept } = await inTransaction(db, { name: 'doom-orphans' }, async (tx) => {
    await awaitHolds(tx)
    const due = await lockDue(tx)
    const kept = due.length === 0 ? [] : await references.of(tx, due)
    if (kept.length > 0) await markReferenced(tx, kept)
    return { seen: due.length, taken: await doom(tx, due), kept: kept.length }
  })
  if (taken > 0) metrics?.count('pds_blob_care_total', { what: 'collected' }, taken)
  if (kept > 0) {
    metrics?.count('pds_blob_care_total', { what: 'kept' }, kept)
    logger.error({ blobs: kept }, 'blobs that records refer to were marked as if nobody did')
  }
  return seen
}

async function lockDue(tx: Transaction): Promise<BlobAt[]> {
  const { rows } = await sql<{ actor_id: bigint; cid: Uint8Array }>`
    SELECT actor_id, cid FROM blob b WHERE ${isCollectable}
    LIMIT ${collectRowsMax} FOR UPDATE SKIP LOCKED`.execute(tx)
  return rows.map((row) => ({ actorId: row.actor_id as ActorId, cid: row.cid as Digest }))
}

async function markReferenced(tx: Transaction, blobs: readonly BlobAt[]): Promise<void> {
  await sql`
    UPDATE blob b SET state = ${blobStates.referenced}, orphan_since = NULL FROM ${rowsOf(blobs)}
    WHERE b.actor_id = due.actor_id AND b.cid = due.cid`.execute(tx)
}

/** A takedown may be moving the object: it is deleted from both places. */
async function doom(tx: Transaction, blobs: readonly BlobAt[]): Promise<number> {
  const { rows } = await sql<{ object_key: string; takedown_ref: string | null }>`
    DELETE FROM blob b USING ${rowsOf(blobs)}
    WHERE b.actor_id = due.actor_id AND b.cid = due.cid AND b.state = ${blobStates.unreferenced}
    RETURNING b.object_key, b.takedown_ref`.execute(tx)
  const keys = rows.flatMap(({ object_key, takedown_ref }) =>
    takedown_ref === null ? [object_key] : [object_key, elsewhere(object_key)],
  )
  if (keys.length > 0) {
    await sql`
      INSERT INTO blob_stray (object_key, doomed) SELECT unnest(${keys}::text[]), true
      ON CONFLICT (object_key) DO UPDATE SET doomed = true`.execute(tx)
  }
  return rows.length
}

function rowsOf(blobs: readonly BlobAt[]) {
  const actors = blobs.map(({ actorId }) => actorId)
  const cids = blobs.map(({ cid }) => Buffer.from(cid))
  return sql`unnest(${actors}::bigint[], ${cids}::bytea[]) AS due (actor_id, cid)`
}

async function doomDeadUploads(db: Database): Promise<void> {
  await sql`UPDATE blob_stray SET doomed = true WHERE NOT doomed AND ${isDeadUpload}`.execute(db)
}

async function doomedKeys(db: Database, after: string): Promise<string[]> {
  const rows = await db
    .selectFrom('blob_stray')
    .select('object_key')
    .where('doomed', '=', true)
    .where('object_key', '>', after)
    .orderBy('object_key')
    .limit(collectRowsMax)
    .execute()
  return rows.map((row) => row.object_key)
}
