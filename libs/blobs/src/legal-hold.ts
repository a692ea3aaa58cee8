import type { Digest } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

/** What must not be deleted: everything of an actor, or one blob of it. It holds when the actor is gone, until it is lifted. */
export interface HeldSubject {
  readonly communityId: CommunityId
  readonly did: Did
  /** Undefined: everything. */
  readonly cid: Digest | undefined
}

export interface LegalHold extends HeldSubject {
  readonly id: bigint
  readonly reason: string
  readonly placedAt: Date
}

/**
 * From here on nothing that the hold names is collected; answers how many blobs that are. Throws `AlreadyExists` where there is such a hold.
 *
 * Invariant: whoever places a hold and whoever collects take one lock (`awaitHolds`): what is counted here is kept.
 */
export async function placeHold(
  tx: Transaction,
  { communityId, actorId, did, cid, reason }: HeldSubject & { actorId: ActorId; reason: string },
): Promise<{ readonly id: bigint; readonly blobs: number }> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('heronry.blob-hold'))`.execute(tx)
  const held = { community_id: communityId, actor_id: actorId, did, cid: cid ?? null, reason }
  const row = await tx
    .insertInto('blob_hold')
    .values(held)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (row === undefined) throw new HeronryError('AlreadyExists', 'That is held already')
  const { count } = await tx
    .selectFrom('blob')
    .select((eb) => eb.fn.count<bigint>('cid').as('count'))
    .where('actor_id', '=', actorId)
    .$if(cid !== undefined, (query) => query.where('cid', '=', cid as Digest))
    .executeTakeFirstOrThrow()
  return { id: row.id, blobs: Number(count) }
}

/** What it held and nobody else wants goes with the next collection. Undefined where the community has no such hold. */
export async function liftHold(
  tx: Transaction,
  { communityId, id }: { communityId: CommunityId; id: bigint },
): Promise<LegalHold | undefined> {
  const row = await tx
    .deleteFrom('blob_hold')
    .where('community_id', '=', communityId)
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirst()
  return row && holdOf(row)
}

/** A page of the community's holds, the oldest first. */
export async function listHolds(
  db: Database,
  { communityId, after, limit }: { communityId: CommunityId; after: bigint; limit: number },
): Promise<LegalHold[]> {
  const rows = await db
    .selectFrom('blob_hold')
    .select(columns)
    .where('community_id', '=', communityId)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(holdOf)
}

/** The first statement of a transaction that deletes blobs: holds that were placed before it are seen by the next one. */
export async function awaitHolds(tx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock_shared(hashtext('heronry.blob-hold'))`.execute(tx)
}

/** Whether no hold names the row `b` of blob. */
export const isNotHeld = sql<boolean>`NOT EXISTS (
  SELECT FROM blob_hold h WHERE h.actor_id = b.actor_id AND (h.cid IS NULL OR h.cid = b.cid))`

const columns = ['id', 'community_id', 'did', 'cid', 'reason', 'placed_at'] as const

function holdOf(row: {
  id: bigint
  community_id: number
  did: string
  cid: Uint8Array | null
  reason: string
  placed_at: Date
}): LegalHold {
  return {
    id: row.id,
    communityId: row.community_id as CommunityId,
    did: row.did as Did,
    cid: (row.cid ?? undefined) as Digest | undefined,
    reason: row.reason,
    placedAt: row.placed_at,
  }
}
