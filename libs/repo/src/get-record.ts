import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

export interface StoredRecord {
  /** `<collection>/<rkey>` */
  readonly path: string
  readonly cid: Digest
  /** DRISL */
  readonly value: Uint8Array
}

interface RecordKey {
  readonly storeId: StoreId
  readonly path: string
}

/** The record at `path`; undefined where there is none or it is taken down. */
export function getRecord(db: Database, key: RecordKey): Promise<StoredRecord | undefined> {
  return lookUp(db, key)
}

const lookUp = batchedLookup<RecordKey, StoredRecord>(async (db, keys) => {
  const stores = keys.map(({ storeId }) => storeId)
  const paths = keys.map(({ path }) => path)
  const key = sql<{ n: number; store_id: bigint; path: string }>`(
    SELECT n::int, store_id, path COLLATE "C" AS path
    FROM unnest(${stores}::bigint[], ${paths}::text[]) WITH ORDINALITY AS t (store_id, path, n))`
  const rows = await db
    .selectFrom('record')
    .innerJoin(key.as('key'), (join) =>
      join.onRef('record.store_id', '=', 'key.store_id').onRef('record.path', '=', 'key.path'),
    )
    .select(['key.n', 'record.path', 'record.cid', 'record.value'])
    .where('record.takedown', '=', 0)
    .execute()
  const found = Array<StoredRecord | undefined>(keys.length)
  for (const { n, path, cid, value } of rows) found[n - 1] = { path, cid: cid as Digest, value }
  return found
})
