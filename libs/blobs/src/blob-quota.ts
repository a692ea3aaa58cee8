import { HeronryError } from '@heronry/core/error'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'

/** What blobs may weigh together; undefined: as much as there is room for. */
export interface BlobQuota {
  readonly accountBytesMax?: number | undefined
  readonly communityBytesMax?: number | undefined
}

export interface BlobUsage {
  readonly bytes: number
  readonly blobs: number
}

interface Charged {
  readonly actorId: ActorId
  readonly communityId: CommunityId
  readonly quota: BlobQuota
}

/**
 * In the transaction that has made a blob row: the row has been charged by the database, and the counters are locked by that, so that of two
 * uploads only one has the last room. Errors: `BlobQuotaExceeded`.
 */
export async function assertRoom(tx: Transaction, { actorId, communityId, quota }: Charged): Promise<void> {
  const { accountBytesMax, communityBytesMax } = quota
  if (accountBytesMax !== undefined && (await accountUsage(tx, actorId)).bytes > accountBytesMax) {
    throw new HeronryError(
      'BlobQuotaExceeded',
      `The account’s pictures and films would take more than its ${accountBytesMax} bytes. Delete some, or ask the administrator for more.`,
    )
  }
  if (communityBytesMax !== undefined && (await communityUsage(tx, communityId)).bytes > communityBytesMax) {
    throw new HeronryError(
      'BlobQuotaExceeded',
      'There is no room for more pictures and films in this community.',
    )
  }
}

/** What an account's blobs weigh, those without a reference included: until they are collected they take room. */
export async function accountUsage(db: Database | Transaction, actorId: ActorId): Promise<BlobUsage> {
  const row = await db
    .selectFrom('blob_usage')
    .select(['bytes', 'blobs'])
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
  return usageOf(row)
}

export async function communityUsage(
  db: Database | Transaction,
  communityId: CommunityId,
): Promise<BlobUsage> {
  const row = await db
    .selectFrom('blob_usage_community')
    .select(['bytes', 'blobs'])
    .where('community_id', '=', communityId)
    .executeTakeFirst()
  return usageOf(row)
}

function usageOf(row: { bytes: bigint; blobs: bigint } | undefined): BlobUsage {
  return { bytes: Number(row?.bytes ?? 0), blobs: Number(row?.blobs ?? 0) }
}
