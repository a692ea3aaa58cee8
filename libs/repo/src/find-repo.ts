import type { Digest } from '@heronry/core/cid'
import type { ActorId, StoreId } from '@heronry/core/ids'
import { type Rev, revOf } from '@heronry/core/rev'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/** An actor's repo as its last commit left it. */
export interface RepoHead {
  readonly actorId: ActorId
  readonly storeId: StoreId
  /** Digest of `commit`. */
  readonly head: Digest
  readonly rev: Rev
  /** Digest of the tree's root. */
  readonly data: Digest
  /** The signed commit block. */
  readonly commit: Uint8Array
  readonly writable: boolean
  /** False: works for its owner and for admins, absent for everyone else. */
  readonly published: boolean
}

/** The actor's repo; undefined where there is none. */
export function findRepo(db: Database, actorId: ActorId): Promise<RepoHead | undefined> {
  return lookUp(db, actorId)
}

const lookUp = batchedLookup<ActorId, RepoHead>(async (db, actorIds) => {
  const rows = await db
    .selectFrom('repo')
    .select(repoColumns)
    .where(sql<boolean>`actor_id = ANY (${actorIds}::bigint[])`)
    .execute()
  const found = new Map(rows.map((row) => [row.actor_id, headOf(row)]))
  return actorIds.map((actorId) => found.get(actorId))
})

/** The columns a `RepoHead` is read from. */
export const repoColumns = [
  'actor_id',
  'store_id',
  'head',
  'rev',
  'data',
  'commit',
  'writable',
  'published',
] as const

export interface RepoRow {
  actor_id: bigint
  store_id: bigint
  head: Uint8Array
  rev: bigint
  data: Uint8Array
  commit: Uint8Array
  writable: boolean
  published: boolean
}

export function headOf({ actor_id, store_id, head, rev, data, ...row }: RepoRow): RepoHead {
  return {
    actorId: actor_id as ActorId,
    storeId: store_id as StoreId,
    head: head as Digest,
    rev: revOf(rev),
    data: data as Digest,
    commit: row.commit,
    writable: row.writable,
    published: row.published,
  }
}
