import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { unstageRowsMax } from './limits.ts'

/** Deletes the staged blocks of an import, a bounded number in each statement. */
export async function unstage(db: Database, importId: bigint, signal?: AbortSignal): Promise<void> {
  for (let deleted = unstageRowsMax; deleted === unstageRowsMax; ) {
    signal?.throwIfAborted()
    const { numAffectedRows } = await sql`
      DELETE FROM import_block WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM import_block WHERE import_id = ${importId} LIMIT ${unstageRowsMax}))`.execute(db)
    deleted = Number(numAffectedRows ?? 0n)
  }
}
