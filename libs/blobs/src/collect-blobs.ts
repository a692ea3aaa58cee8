import type { Database } from '@heronry/db/database'
import { defineJob } from '@heronry/jobs/define-job'
import { handle, type JobHandler } from '@heronry/jobs/handler'
import { sql } from 'kysely'
import type { BlobObjects } from './blob-objects.ts'
import { blobStates } from './blob-state.ts'
import { collectEveryMs, collectRowsMax, orphanGraceMs, uploadGraceMs } from './limits.ts'
import { orphanBlobs } from './orphan-blobs.ts'
import { deleteStrays } from './stray-objects.ts'

interface CollectDeps {
  db: Database
  objects: BlobObjects
}

const collect = defineJob<object>({ queue: 'blobs', name: 'collect-blobs', parse: () => ({}) })

/** The handlers of the queue `blobs`. */
export function blobHandlers(deps: CollectDeps): JobHandler[] {
  const run = ({ signal }: { signal: AbortSignal }) => collectBlobs(deps, signal)
  return [
    handle(collect, run, { everyMs: collectEveryMs, retryDelaysMs: [60_000, 600_000] }),
    handle(orphanBlobs, ({ payload, signal }) => orphanAll(deps.db, BigInt(payload.actorId), signal)),
  ]
}

/** Some rows at a time. They are due at once: nobody is left who could refer to them. kill -9 here → the next attempt goes on. */
async function orphanAll(db: Database, actorId: bigint, signal: AbortSignal): Promise<void> {
  for (let changed = collectRowsMax; changed === collectRowsMax; ) {
    signal.throwIfAborted()
    const { numAffectedRows } = await sql`
      UPDATE blob b SET state = ${blobStates.unreferenced}, orphan_since = '-infinity', takedown_ref = NULL
      FROM (SELECT actor_id, cid FROM blob
            WHERE actor_id = ${actorId} AND (orphan_since IS DISTINCT FROM '-infinity' OR takedown_ref IS NOT NULL)
            LIMIT ${collectRowsMax} FOR UPDATE) due
      WHERE b.actor_id = due.actor_id AND b.cid = due.cid`.execute(db)
    changed = Number(numAffectedRows ?? 0n)
  }
}

/**
 * Takes blobs that have been without a reference for their grace, and uploads whose process is dead, out of the world: first the
 * rows become doomed strays, committed; then the objects are deleted; then the strays. kill -9 between any two → the next run goes on.
 *
 * Invariant: a blob that a record references is never taken. The row lock decides against the commit statement: whoever is second
 * sees what the first has done. A blob that was taken down keeps its row, so that it cannot be uploaded again.
 */
export async function collectBlobs(deps: CollectDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await doomOrphans(deps.db)) === collectRowsMax);
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

async function doomOrphans(db: Database): Promise<number> {
  const { numAffectedRows } = await sql`
    WITH due AS (
      SELECT actor_id, cid FROM blob
      WHERE orphan_since < now() - ${orphanGraceMs} * interval '1 ms' AND state = ${blobStates.unreferenced}
        AND takedown_ref IS NULL
      LIMIT ${collectRowsMax} FOR UPDATE SKIP LOCKED),
    gone AS (
      DELETE FROM blob b USING due WHERE b.actor_id = due.actor_id AND b.cid = due.cid RETURNING b.object_key)
    INSERT INTO blob_stray (object_key, doomed) SELECT object_key, true FROM gone`.execute(db)
  return Number(numAffectedRows)
}

async function doomDeadUploads(db: Database): Promise<void> {
  await sql`
    UPDATE blob_stray SET doomed = true
    WHERE NOT doomed AND since < now() - ${uploadGraceMs} * interval '1 ms'`.execute(db)
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
