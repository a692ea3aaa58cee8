import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { blobStates } from './blob-state.ts'

/** The bytes of a blob that its owner may refer to, referenced by now or not; undefined where there is none. */
export async function findBlobSize(
  db: Database,
  { actorId, cid }: { actorId: ActorId; cid: Digest },
): Promise<number | undefined> {
  const row = await db
    .selectFrom('blob')
    .select('size')
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .where('state', 'in', Object.values(blobStates))
    .where('takedown_ref', 'is', null)
    .executeTakeFirst()
  return row && Number(row.size)
}
