import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** Undefined where there is no such actor any more. */
export async function communityOfActor(db: Database, actorId: ActorId): Promise<CommunityId | undefined> {
  const row = await db.selectFrom('actor').select('community_id').where('id', '=', actorId).executeTakeFirst()
  return row?.community_id as CommunityId | undefined
}
