import type { Digest } from '@heronry/core/cid'
import type { ActorId, StoreId } from '@heronry/core/ids'
import { type Rev, revOf } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'

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

export async function findRepo(db: Database, actorId: ActorId): Promise<RepoHead | undefined> {
  const row = await db
    .selectFrom('repo')
    .select(['store_id', 'head', 'rev', 'data', 'commit', 'writable', 'published'])
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
  return (
    row && {
      actorId,
      storeId: row.store_id as StoreId,
      head: row.head as Digest,
      rev: revOf(row.rev),
      data: row.data as Digest,
      commit: row.commit,
      writable: row.writable,
      published: row.published,
    }
  )
}
