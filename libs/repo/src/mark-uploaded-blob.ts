import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { lockRepo } from './lock-repo.ts'

interface UploadedBlob {
  readonly actorId: ActorId
  readonly cid: Digest
}

/**
 * A blob that has just been uploaded is referenced at once where records refer to it already: those of an import came first. The repo row is
 * locked only where that may be so: records are there, or an import may be about to put its own in the place of the present ones.
 *
 * kill -9 before it → the collection asks for references itself before it takes anything.
 */
export async function markUploadedBlob(db: Database, blob: UploadedBlob): Promise<void> {
  if (!(await mayBeReferenced(db, blob))) return
  await inTransaction(db, { name: 'mark-uploaded-blob' }, async (tx) => {
    const repo = await lockRepo(tx, blob.actorId)
    if (repo !== undefined) await mark(tx, { ...blob, storeId: repo.storeId })
  })
}

/** Commits alone do not need the lock: they refer to blobs that are there, and find them. */
async function mayBeReferenced(db: Database, { actorId, cid }: UploadedBlob): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    SELECT NOT writable OR EXISTS (SELECT FROM record_blob r WHERE r.store_id = repo.store_id AND r.cid = ${cid}) AS may
    FROM repo WHERE actor_id = ${actorId}`.execute(db)
  return rows[0]?.may ?? false
}

async function mark(
  tx: Transaction,
  { actorId, cid, storeId }: UploadedBlob & { storeId: bigint },
): Promise<void> {
  await sql`
    UPDATE blob SET state = 1, orphan_since = NULL
    WHERE actor_id = ${actorId} AND cid = ${cid} AND state = 0
      AND EXISTS (SELECT FROM record_blob r WHERE r.store_id = ${storeId} AND r.cid = ${cid})`.execute(tx)
}
