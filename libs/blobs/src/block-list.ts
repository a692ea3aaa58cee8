import type { Digest } from '@heronry/core/cid'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

/** A list's place among those of communities: that of the whole house. */
export const wholeHouse = 0

/** Digests that nobody of a community may store: its own list, or with `wholeHouse` the one of all communities. */
export interface BlockEntry {
  readonly digest: Digest
  readonly note: string | null
}

/** Whether bytes of this SHA-256 are refused in the community, by its own list or the house's. */
export async function isBlockedDigest(
  db: Database,
  { communityId, digest }: { communityId: CommunityId; digest: Digest },
): Promise<boolean> {
  const row = await db
    .selectFrom('blob_block')
    .select('digest')
    .where('digest', '=', digest)
    .where('community_id', 'in', [communityId, wholeHouse])
    .executeTakeFirst()
  return row !== undefined
}

/** Adds to a list what it has not; answers how many those were. */
export async function addBlocks(
  tx: Transaction,
  { list, entries }: { list: number; entries: readonly BlockEntry[] },
): Promise<number> {
  if (entries.length === 0) return 0
  const rows = entries.map(({ digest, note }) => ({ digest, note, community_id: list }))
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('blob_block')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  return Number(numInsertedOrUpdatedRows)
}

/** Takes from a list; what was taken down for it stays down. */
export async function removeBlocks(
  tx: Transaction,
  { list, digests }: { list: number; digests: readonly Digest[] },
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('blob_block')
    .where('community_id', '=', list)
    .where(sql<boolean>`digest = ANY(${digests.map((digest) => Buffer.from(digest))}::bytea[])`)
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** A page of a list, by digest. */
export async function listBlocks(
  db: Database,
  { list, after, limit }: { list: number; after?: Digest | undefined; limit: number },
): Promise<(BlockEntry & { readonly createdAt: Date })[]> {
  const rows = await db
    .selectFrom('blob_block')
    .select(['digest', 'note', 'created_at'])
    .where('community_id', '=', list)
    .$if(after !== undefined, (query) => query.where('digest', '>', after as Digest))
    .orderBy('digest')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ digest: row.digest as Digest, note: row.note, createdAt: row.created_at }))
}
