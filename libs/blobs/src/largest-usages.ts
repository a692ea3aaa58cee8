import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { BlobUsage } from './blob-quota.ts'

/** The actors of a community whose blobs weigh most; of those that are gone, too, as long as their blobs are there. */
export async function largestUsages(
  db: Database,
  { communityId, limit }: { communityId: CommunityId; limit: number },
): Promise<(BlobUsage & { readonly actorId: ActorId })[]> {
  const rows = await db
    .selectFrom('blob_usage')
    .select(['actor_id', 'bytes', 'blobs'])
    .where('community_id', '=', communityId)
    .orderBy('bytes', 'desc')
    .orderBy('actor_id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    actorId: row.actor_id as ActorId,
    bytes: Number(row.bytes),
    blobs: Number(row.blobs),
  }))
}
