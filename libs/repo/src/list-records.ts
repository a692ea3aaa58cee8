import type { StoreId } from '@heronry/core/ids'
import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { pagesTogetherMax } from './read-limits.ts'
import { pathRange } from './records-of-actors.ts'
import type { StoredRecord } from './stored-record.ts'

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
 * One range of the primary key, read from one end: its cost is that of the page, whatever the size of the repo. Pages that are asked for at
 * the same time share a statement.
 */
export async function listRecords(db: Database, page: RecordPage): Promise<readonly StoredRecord[]> {
  const { storeId, limit, reverse } = page
  const range = pathRange(page, reverse ? 'ASC' : 'DESC')
  return (await (reverse ? ascending : descending)(db, { storeId, limit, ...range })) ?? []
}

/** The records of `after` < path < `before`. */
interface PathRange {
  readonly storeId: StoreId
  readonly after: string
  readonly before: string
  readonly limit: number
}

const ascending = batchedLookup((db, ranges: readonly PathRange[]) => readRanges(db, 'ASC', ranges), {
  keysMax: pagesTogetherMax,
})
const descending = batchedLookup((db, ranges: readonly PathRange[]) => readRanges(db, 'DESC', ranges), {
  keysMax: pagesTogetherMax,
})

async function readRanges(
  db: Database,
  order: 'ASC' | 'DESC',
  ranges: readonly PathRange[],
): Promise<StoredRecord[][]> {
  const column = <T>(pick: (range: PathRange) => T) => ranges.map(pick)
  const { rows } = await sql<StoredRecord & { n: number }>`
    SELECT range.n, record.path, record.cid, record.value
    FROM unnest(${column((it) => it.storeId)}::bigint[], ${column((it) => it.after)}::text[],
      ${column((it) => it.before)}::text[], ${column((it) => it.limit)}::int[])
      WITH ORDINALITY AS range (store_id, after, before, count, n)
    CROSS JOIN LATERAL (
      SELECT path, cid, value FROM record
      WHERE store_id = range.store_id AND path > range.after COLLATE "C" AND path < range.before COLLATE "C" AND takedown = 0
      ORDER BY path ${sql.raw(order)} LIMIT range.count) AS record
    ORDER BY range.n, record.path ${sql.raw(order)}`.execute(db)
  const pages = ranges.map((): StoredRecord[] => [])
  for (const { n, path, cid, value } of rows) pages[Number(n) - 1]?.push({ path, cid, value })
  return pages
}
