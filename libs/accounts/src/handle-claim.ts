import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

export interface HandleClaim {
  readonly communityId: CommunityId
  readonly handle: Handle
}

/**
 * Waits for everybody else who is about to reserve this handle, until the end of the transaction: sign-ups and changes of a handle keep
 * their reservations in different tables, and neither would see what the other has not committed.
 */
export async function lockHandle(tx: Transaction, { communityId, handle }: HandleClaim): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${handle}, ${communityId}))`.execute(tx)
}

/** Whether a change of somebody's handle to this one is under way. The caller has locked the handle. */
export async function isBeingChangedTo(
  tx: Transaction,
  { communityId, handle }: HandleClaim,
): Promise<boolean> {
  const row = await tx
    .selectFrom('identity_change')
    .select('actor_id')
    .where('community_id', '=', communityId)
    .where('handle', '=', handle)
    .executeTakeFirst()
  return row !== undefined
}

/** Throws `HandleNotAvailable` where another than this actor has the handle, or is about to. The caller has locked it. */
export async function assertHandleFree(
  tx: Transaction,
  { communityId, handle, actorId }: HandleClaim & { actorId: ActorId },
): Promise<void> {
  const { rows } = await sql`
    SELECT 1 FROM account_draft WHERE community_id = ${communityId} AND handle = ${handle}
    UNION ALL
    SELECT 1 FROM identity_change
    WHERE community_id = ${communityId} AND handle = ${handle} AND actor_id <> ${actorId}
    UNION ALL
    SELECT 1 FROM actor WHERE community_id = ${communityId} AND handle = ${handle} AND id <> ${actorId}`.execute(
    tx,
  )
  if (rows.length > 0) throw new HeronryError('HandleNotAvailable', `Handle already taken: ${handle}`)
}
