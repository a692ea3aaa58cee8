import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

interface BlobOfActor {
  readonly actorId: ActorId
  readonly cid: Digest
}

/**
 * Of these blobs, those that a record of the actor's live store refers to. Plan: primary-key probes, one of each table for each blob.
 *
 * Invariant: who has locked the rows of the blobs before sees every reference that a commit has made, for a commit locks them as well.
 */
export async function referencedBlobs(
  tx: Transaction,
  blobs: readonly BlobOfActor[],
): Promise<BlobOfActor[]> {
  const actors = blobs.map(({ actorId }) => actorId)
  const cids = blobs.map(({ cid }) => Buffer.from(cid))
  const { rows } = await sql<{ actor_id: bigint; cid: Uint8Array }>`
    SELECT b.actor_id, b.cid FROM unnest(${actors}::bigint[], ${cids}::bytea[]) AS b (actor_id, cid)
    WHERE EXISTS (SELECT FROM repo r JOIN record_blob o ON o.store_id = r.store_id
                  WHERE r.actor_id = b.actor_id AND o.cid = b.cid)`.execute(tx)
  return rows.map((row) => ({ actorId: row.actor_id as ActorId, cid: row.cid as Digest }))
}
