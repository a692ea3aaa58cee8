import type { ActorId, StoreId } from '@heronry/core/ids'
import { type Rev, revNumber } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import type { KeyValue } from '@heronry/mst/load-node'
import { sql } from 'kysely'
import { headOf, type RepoHead, repoColumns } from './find-repo.ts'
import { exportPageBytesMax, exportPageRowsMax, leafKeysMax } from './read-limits.ts'
import { RowReader } from './row-reader.ts'
import type { StoredRecord } from './stored-record.ts'

/** What every leaf is derived from: all paths and CIDs of a store, in the tree's order. */
export function keyRows(tx: Transaction, storeId: StoreId): RowReader<KeyValue> {
  return new RowReader(async (last) => {
    const rows = await tx
      .selectFrom('record')
      .select(['path', 'cid'])
      .where('store_id', '=', storeId)
      .where('path', '>', last?.path ?? '')
      .orderBy('path')
      .limit(exportPageRowsMax)
      .execute()
    return rows as KeyValue[]
  })
}

/**
 * The records of a store in the tree's order; only those written after `since`, where it is given. A page ends at the row that
 * crosses `exportPageBytesMax`: the running sum sees lengths alone, so no value behind it is read from TOAST.
 */
export function recordRows(
  tx: Transaction,
  { storeId, since }: { storeId: StoreId; since?: Rev | undefined },
): RowReader<StoredRecord> {
  const least = since === undefined ? -1n : revNumber(since)
  return new RowReader(async (last) => {
    const { rows } = await sql<StoredRecord>`
      SELECT path, cid, value
        FROM (SELECT path, cid, value, sum(octet_length(value)) OVER (ORDER BY path) - octet_length(value) AS before
                FROM (SELECT path, cid, value FROM record
                       WHERE store_id = ${storeId} AND path > ${last?.path ?? ''} AND rev > ${least}
                       ORDER BY path LIMIT ${exportPageRowsMax}) AS page) AS measured
       WHERE before < ${exportPageBytesMax} ORDER BY path`.execute(tx)
    return rows
  })
}

export interface StoredNode {
  readonly lo: string
  readonly body: Uint8Array
}

/** The stored nodes of one layer from left to right. */
export function nodeRows(
  tx: Transaction,
  { storeId, layer }: { storeId: StoreId; layer: number },
): RowReader<StoredNode> {
  return new RowReader(async (last) => {
    const behind = last === undefined ? sql`true` : sql`lo > ${last.lo}`
    const { rows } = await sql<StoredNode>`
      SELECT lo, body
        FROM (SELECT lo, body, sum(octet_length(body)) OVER (ORDER BY lo) - octet_length(body) AS before
                FROM (SELECT lo, body FROM mst_node
                       WHERE store_id = ${storeId} AND layer = ${layer} AND ${behind}
                       ORDER BY lo LIMIT ${exportPageRowsMax}) AS page) AS measured
       WHERE before < ${exportPageBytesMax} ORDER BY lo`.execute(tx)
    return rows
  })
}

/** An actor's repo and the layer of its tree's root. */
export async function findTree(
  tx: Transaction,
  actorId: ActorId,
): Promise<{ repo: RepoHead; layer: number } | undefined> {
  const row = await tx
    .selectFrom('repo')
    .select(repoColumns)
    .select((outer) =>
      outer
        .selectFrom('mst_node')
        .select((node) => node.fn.max('layer').as('layer'))
        .whereRef('mst_node.store_id', '=', 'repo.store_id')
        .as('layer'),
    )
    .where('actor_id', '=', actorId)
    .executeTakeFirst()
  return row && { repo: headOf(row), layer: row.layer ?? 0 }
}

/** The layer of a tree's root: the highest that has a stored node, or 0, where the root is derived like any leaf. */
export async function rootLayer(tx: Transaction, storeId: StoreId): Promise<number> {
  const row = await tx
    .selectFrom('mst_node')
    .select('layer')
    .where('store_id', '=', storeId)
    .orderBy('layer', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.layer ?? 0
}

/** The keys between `lo` and `hi` (null: to the end) as they are now, some more than a leaf can have at most. */
export async function leafKeys(
  db: Database,
  { storeId, lo, hi }: { storeId: StoreId; lo: string; hi: string | null },
): Promise<KeyValue[]> {
  const rows = await db
    .selectFrom('record')
    .select(['path', 'cid'])
    .where('store_id', '=', storeId)
    .where('path', '>', lo)
    .$if(hi !== null, (query) => query.where('path', '<', hi as string))
    .orderBy('path')
    .limit(leafKeysMax + 1)
    .execute()
  return rows as KeyValue[]
}
