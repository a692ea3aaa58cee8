import { type Did, isDid } from '@heronry/core/did'
import { type Handle, isHandle } from '@heronry/core/handle'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type ActorStatus, actorStatus, type StatusColumns } from './actor-status.ts'

/** A DID that a community hosts, as it is now. */
export interface Actor {
  readonly id: ActorId
  readonly communityId: CommunityId
  readonly did: Did
  /** Null where the actor has lost its handle: shown as `handle.invalid`. */
  readonly handle: Handle | null
  /** Active ⇔ `active`. */
  readonly status: ActorStatus
  readonly createdAt: Date
  readonly deactivatedAt: Date | null
}

/** The community's actor of that DID or handle (in any case); what is neither names nobody. */
export async function findActor(
  db: Database,
  { communityId, didOrHandle }: { communityId: CommunityId; didOrHandle: string },
): Promise<Actor | undefined> {
  const name = didOrHandle.startsWith('did:') ? didOrHandle : didOrHandle.toLowerCase()
  if (!isDid(name) && !isHandle(name)) return undefined
  const row = await db
    .selectFrom('actor')
    .select(actorColumns)
    .where('community_id', '=', communityId)
    .where(isDid(name) ? 'did' : 'handle', '=', name)
    .executeTakeFirst()
  return row && actorOf(row)
}

/** The columns an `Actor` is read from. */
export const actorColumns = [
  'actor.id',
  'actor.community_id',
  'actor.did',
  'actor.handle',
  'actor.created_at',
  'actor.deactivated_at',
  'actor.takedown_ref',
  'actor.suspended_until',
] as const

export interface ActorRow extends StatusColumns {
  id: bigint
  community_id: number
  did: string
  handle: string | null
  created_at: Date
}

export function actorOf(row: ActorRow): Actor {
  return {
    id: row.id as ActorId,
    communityId: row.community_id as CommunityId,
    did: row.did as Did,
    handle: row.handle as Handle | null,
    status: actorStatus(row),
    createdAt: row.created_at,
    deactivatedAt: row.deactivated_at,
  }
}
