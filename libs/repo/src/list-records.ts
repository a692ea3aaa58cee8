import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { collectionRange } from './collection-range.ts'
import type { StoredRecord } from './get-record.ts'

export interface RecordPage {
  readonly storeId: StoreId
  readonly collection: string
  readonly limit: number
  /** The rkey that the page before ended with. */
  readonly cursor?: string | undefined
  /** From the lowest rkey up. The default is from the highest down: with TIDs, the newest first. */
  readonly reverse?: boolean | undefined
}

/**
 * A page of a collection's records in the order of their rkeys; those taken down are left out.
 *
 * One range of the primary key, read from one end: its cost is that of the page, whatever the size of the repo.
 */
export async function listRecords(db: Database, page: RecordPage): Promise<StoredRecord[]> {
  const { after, before } = collectionRange(page.collection)
  const end = page.cursor === undefined ? undefined : after + page.cursor
  const rows = await db
    .selectFrom('record')
    .select(['path', 'cid', 'value'])
    .where('store_id', '=', page.storeId)
    .where('path', '>', page.reverse ? (end ?? after) : after)
    .where('path', '<', page.reverse ? before : (end ?? before))
    .where('takedown', '=', 0)
    .orderBy('path', page.reverse ? 'asc' : 'desc')
    .limit(page.limit)
    .execute()
  return rows.map((row) => ({ path: row.path, cid: row.cid as Digest, value: row.value }))
}
