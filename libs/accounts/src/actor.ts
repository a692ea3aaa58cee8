import { type Did, isDid } from '@heronry/core/did'
import { type Handle, isHandle } from '@heronry/core/handle'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
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
  if (isDid(name)) return await findByDid(db, { communityId, name })
  return isHandle(name) ? await findByHandle(db, { communityId, name }) : undefined
}

interface ActorKey {
  readonly communityId: CommunityId
  readonly name: string
}

const findByDid = batchedLookup<ActorKey, Actor>((db, keys) => findMany(db, { column: 'did', keys }))
const findByHandle = batchedLookup<ActorKey, Actor>((db, keys) => findMany(db, { column: 'handle', keys }))

async function findMany(
  db: Database,
  { column, keys }: { column: 'did' | 'handle'; keys: readonly ActorKey[] },
): Promise<(Actor | undefined)[]> {
  const communities = keys.map(({ communityId }) => communityId)
  const names = keys.map(({ name }) => name)
  const key = sql<{ n: number; community_id: number; name: string }>`(
    SELECT n::int, community_id, name COLLATE "C" AS name
    FROM unnest(${communities}::int[], ${names}::text[]) WITH ORDINALITY AS t (community_id, name, n))`
  const rows = await db
    .selectFrom('actor')
    .innerJoin(key.as('key'), (join) =>
      join.onRef('actor.community_id', '=', 'key.community_id').onRef(`actor.${column}`, '=', 'key.name'),
    )
    .select(actorColumns)
    .select('key.n')
    .execute()
  const found = Array<Actor | undefined>(keys.length)
  for (const row of rows) found[row.n - 1] = actorOf(row)
  return found
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

export function actorOf(row: ActorRow, now = Date.now()): Actor {
  return {
    id: row.id as ActorId,
    communityId: row.community_id as CommunityId,
    did: row.did as Did,
    handle: row.handle as Handle | null,
    status: actorStatus(row, now),
    createdAt: row.created_at,
    deactivatedAt: row.deactivated_at,
  }
}
