import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/**
 * The collections that hold a record, in ascending order of their first paths.
 *
 * A loose index scan: one descent of the primary key for each collection, past all records of the one before (collection-range.ts),
 * so that 100,000 records in 10 collections cost 11 index probes.
 */
export async function describeCollections(db: Database, storeId: StoreId): Promise<string[]> {
  const { rows } = await sql<{ collection: string }>`
    WITH RECURSIVE found (collection) AS (
      (SELECT split_part(path, '/', 1) FROM record WHERE store_id = ${storeId} ORDER BY path LIMIT 1)
      UNION ALL
      SELECT (
        SELECT split_part(path, '/', 1) FROM record
         WHERE store_id = ${storeId} AND path > found.collection || '0' ORDER BY path LIMIT 1)
        FROM found WHERE found.collection IS NOT NULL)
    SELECT collection FROM found WHERE collection IS NOT NULL`.execute(db)
  return rows.map((row) => row.collection)
}
