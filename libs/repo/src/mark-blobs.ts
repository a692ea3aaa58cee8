import type { ActorId, StoreId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

/**
 * Makes `blob.state` of all of an actor's blobs what the references of its store say, as commits do one by one. The caller holds the repo row. A
 * blob that is being deleted stays as it is.
 */
export async function markBlobs(
  tx: Transaction,
  { actorId, storeId }: { actorId: ActorId; storeId: StoreId },
): Promise<void> {
  await sql`
    UPDATE blob b SET state = n.state, orphan_since = CASE n.state WHEN 0 THEN now() END
    FROM (SELECT o.cid, EXISTS (SELECT FROM record_blob r WHERE r.store_id = ${storeId} AND r.cid = o.cid)::int AS state
          FROM blob o WHERE o.actor_id = ${actorId}) n
    WHERE b.actor_id = ${actorId} AND b.cid = n.cid AND b.state IN (0, 1) AND b.state <> n.state`.execute(tx)
}
