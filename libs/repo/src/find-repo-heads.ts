import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import { revOf } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import type { RepoHead } from './find-repo.ts'

/** The published heads of the given actors; who has no repo, or one in quarantine, is not among them. */
export async function findRepoHeads(
  db: Database,
  actorIds: readonly ActorId[],
): Promise<Map<ActorId, Pick<RepoHead, 'head' | 'rev'>>> {
  if (actorIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('repo')
    .select(['actor_id', 'head', 'rev'])
    .where('actor_id', 'in', actorIds)
    .where('published', '=', true)
    .execute()
  return new Map(
    rows.map((row) => [row.actor_id as ActorId, { head: row.head as Digest, rev: revOf(row.rev) }]),
  )
}
