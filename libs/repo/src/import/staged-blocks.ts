import type { Digest } from '@heronry/core/cid'
import { byteaArray } from '@heronry/db/binary-array'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { importPageBytes } from './limits.ts'

/** Undefined: the block is not staged. Null: there was no room for it, ask again. */
export type StagedBlock = Buffer | null | undefined

/**
 * The staged blocks of these digests, in their order, until they have `importPageBytes` together; the first one always. Without a scan of the
 * whole table, for which Postgres might settle while it has no figures of the table, or those of a time when it was empty.
 */
export async function stagedBlocks(
  db: Database,
  { importId, digests }: { importId: bigint; digests: readonly Digest[] },
): Promise<StagedBlock[]> {
  if (digests.length === 0) return []
  return await inTransaction(db, { name: 'read staged blocks' }, async (tx) => {
    await sql`SET LOCAL enable_seqscan = off`.execute(tx)
    const { rows } = await sql<{ n: bigint; body: Buffer | null }>`
      SELECT n, CASE WHEN sum(size) OVER (ORDER BY n) - size < ${importPageBytes}::bigint THEN body END AS body FROM (
        SELECT d.n, b.body, octet_length(b.body) AS size
        FROM unnest(${byteaArray(digests)}::bytea[]) WITH ORDINALITY AS d (digest, n)
        CROSS JOIN LATERAL (
          SELECT body FROM import_block WHERE import_id = ${importId} AND digest = d.digest LIMIT 1) AS b) AS found`.execute(
      tx,
    )
    const found: StagedBlock[] = Array(digests.length).fill(undefined)
    for (const { n, body } of rows) found[Number(n) - 1] = body
    return found
  })
}
