import { cidString } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'

/** A store's rows, without its number. */
export async function storeRows(db: Database, storeId: bigint) {
  const of = <T extends 'record' | 'mst_node' | 'backlink' | 'record_blob'>(table: T) =>
    db
      .selectFrom(table as 'record')
      .selectAll()
      .where('store_id', '=', storeId)
      .execute()
  const plain = (rows: Record<string, unknown>[]) =>
    rows
      .map(({ store_id: _, ...row }) =>
        Object.fromEntries(
          Object.entries(row).map(([key, value]) => [
            key,
            key === 'cid' ? cidString(value as never) : String(value),
          ]),
        ),
      )
      .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
  return {
    record: plain(await of('record')),
    mst_node: plain(await of('mst_node')),
    backlink: plain(await of('backlink')),
    record_blob: plain(await of('record_blob')),
  }
}
