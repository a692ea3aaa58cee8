import { type Did, isDid } from '@heronry/core/did'
import { type Handle, isHandle } from '@heronry/core/handle'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { type RawBuilder, sql } from 'kysely'
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
  /** An access token issued before it is worth nothing; null: none was ever revoked. */
  readonly sessionsSince: Date | null
}

/** The community's actor of that DID or handle (in any case); what is neither names nobody. */
export async function findActor(
  db: Database,
  { communityId, didOrHandle }: { communityId: CommunityId; didOrHandle: string },
): Promise<Actor | undefined> {
  const named = actorName(didOrHandle)
  return named && (await lookUps[named.column](db, { communityId, name: named.name }))
}

export type NameColumn = 'did' | 'handle'

export interface ActorKey {
  readonly communityId: CommunityId
  readonly name: string
}

/** Which name it is, as it is stored; undefined for what names nobody. */
export function actorName(didOrHandle: string): { column: NameColumn; name: string } | undefined {
  const name = didOrHandle.startsWith('did:') ? didOrHandle : didOrHandle.toLowerCase()
  if (isDid(name)) return { column: 'did', name }
  return isHandle(name) ? { column: 'handle', name } : undefined
}

const lookUps = {
  did: batchedLookup<ActorKey, Actor>((db, keys) => findMany(db, 'did', keys)),
  handle: batchedLookup<ActorKey, Actor>((db, keys) => findMany(db, 'handle', keys)),
}

async function findMany(
  db: Database,
  column: NameColumn,
  keys: readonly ActorKey[],
): Promise<(Actor | undefined)[]> {
  const { rows } = await namedActors(column, keys).execute(db)
  const found = Array<Actor | undefined>(keys.length)
  for (const row of rows) found[row.n - 1] = actorOf(row)
  return found
}

/**
 * The statement whose rows are the actors of `keys`, each with the place of its key, from 1. Others may join what they have of an actor.
 */
export function namedActors(
  column: NameColumn,
  keys: readonly ActorKey[],
): RawBuilder<ActorRow & { n: number }> {
  const communities = keys.map(({ communityId }) => communityId)
  const names = keys.map(({ name }) => name)
  return sql`SELECT key.n::int AS n, ${actorColumnsSql}
    FROM unnest(${communities}::int[], ${names}::text[]) WITH ORDINALITY AS key (community_id, name, n)
    JOIN actor ON actor.community_id = key.community_id AND actor.${columnSql[column]} = key.name COLLATE "C"`
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
  'actor.sessions_since',
] as const

// Made once: parsing references anew was a twentieth of Node's CPU for a createRecord.
const actorColumnsSql = sql.raw(actorColumns.join(', '))
const columnSql = { did: sql.raw('did'), handle: sql.raw('handle') }

export interface ActorRow extends StatusColumns {
  id: bigint
  community_id: number
  did: string
  handle: string | null
  created_at: Date
  sessions_since: Date | null
}

/** An object, and not a number: `rows.map(actorOf)` would hand in a row's place for the time. */
export function actorOf(row: ActorRow, { now = Date.now() }: { now?: number } = {}): Actor {
  return {
    id: row.id as ActorId,
    communityId: row.community_id as CommunityId,
    did: row.did as Did,
    handle: row.handle as Handle | null,
    status: actorStatus(row, now),
    createdAt: row.created_at,
    deactivatedAt: row.deactivated_at,
    sessionsSince: row.sessions_since,
  }
}
