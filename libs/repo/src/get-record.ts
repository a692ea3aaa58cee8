import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

export interface StoredRecord {
  /** `<collection>/<rkey>` */
  readonly path: string
  readonly cid: Digest
  /** DRISL */
  readonly value: Uint8Array
}

/** The record at `path`; undefined where there is none or it is taken down. */
export async function getRecord(
  db: Database,
  { storeId, path }: { storeId: StoreId; path: string },
): Promise<StoredRecord | undefined> {
  const row = await db
    .selectFrom('record')
    .select(['cid', 'value'])
    .where('store_id', '=', storeId)
    .where('path', '=', path)
    .where('takedown', '=', 0)
    .executeTakeFirst()
  return row && { path, cid: row.cid as Digest, value: row.value }
}
