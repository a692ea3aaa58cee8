import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** How many blobs an actor has, those that no record names yet included; without those that were taken down. */
export async function countBlobs(db: Database, actorId: ActorId): Promise<number> {
  const { count } = await db
    .selectFrom('blob')
    .select((eb) => eb.fn.count<bigint>('cid').as('count'))
    .where('actor_id', '=', actorId)
    .where('takedown_ref', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
