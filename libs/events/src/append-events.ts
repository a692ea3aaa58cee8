import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { EventBody } from './event.ts'

/** What is announced of one actor, in the order in which the world shall hear it. */
export interface ActorEvents {
  readonly actorId: ActorId
  readonly communityId: CommunityId
  readonly events: readonly EventBody[]
}

/**
 * Appends events to the firehose; they are numbered after the transaction has committed, or never were.
 *
 * Invariant: the caller holds the actor's `repo` row lock (or has inserted that row in this transaction), so that the ids of
 * one actor's events follow the order in which they become visible. Without it the sequencer would reorder them.
 */
export async function appendEvents(
  tx: Transaction,
  { actorId, communityId, events }: ActorEvents,
): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ kind, seqAt, body }) => ({
    actor_id: actorId,
    community_id: communityId,
    kind,
    seq_at: seqAt,
    body,
  }))
  await tx.insertInto('event').values(rows).execute()
}
