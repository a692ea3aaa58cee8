import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type Actor, actorColumns, actorOf } from './actor.ts'
import { actorCursor, parseActorCursor } from './actor-cursor.ts'

export interface ActorPage {
  readonly actors: readonly Actor[]
  /** Of the last one; undefined where the page is not full. */
  readonly cursor: string | undefined
}

/** A community's actors in order of their creation, then DID: for listRepos. Throws `InvalidRequest` for a bad cursor. */
export async function listActors(
  db: Database,
  { communityId, after, limit }: { communityId: CommunityId; after?: string | undefined; limit: number },
): Promise<ActorPage> {
  let query = db.selectFrom('actor').select(actorColumns).where('community_id', '=', communityId)
  if (after !== undefined) {
    const { createdAt, did } = parseActorCursor(after)
    query = query.where((eb) => eb(eb.refTuple('created_at', 'did'), '>', eb.tuple(createdAt, did)))
  }
  const rows = await query.orderBy('created_at').orderBy('did').limit(limit).execute()
  const actors = rows.map((row) => actorOf(row))
  const last = actors.length === limit ? actors.at(-1) : undefined
  return { actors, cursor: last && actorCursor(last) }
}
