import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import type { BlobAt } from './blob-jobs.ts'
import { enqueuePlace } from './place-blob.ts'

/** A blob's takedown: its reference, or null. Undefined where there is no such blob. */
export async function findBlobTakedown(
  db: Database,
  { actorId, cid }: BlobAt,
): Promise<{ readonly ref: string | null } | undefined> {
  const row = await db
    .selectFrom('blob')
    .select('takedown_ref')
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .executeTakeFirst()
  return row && { ref: row.takedown_ref }
}

/**
 * Takes a blob down (nobody reads, uploads or refers to it, and it is not collected), or gives it back with a null `ref`; answers what it
 * was before, and undefined where there is no such blob. A job moves its object out of reach, or back.
 */
export async function setBlobTakedown(
  tx: Transaction,
  { actorId, cid, ref }: BlobAt & { ref: string | null },
): Promise<{ readonly ref: string | null } | undefined> {
  const row = await tx
    .selectFrom('blob')
    .select('takedown_ref')
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (row === undefined) return undefined
  await tx
    .updateTable('blob')
    .set({ takedown_ref: ref })
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .execute()
  if ((row.takedown_ref === null) !== (ref === null)) await enqueuePlace(tx, { actorId, cid })
  return { ref: row.takedown_ref }
}
