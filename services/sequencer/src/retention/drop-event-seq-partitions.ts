import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { dropLockMsMax, dropMsMax, eventSeqRangeSize } from '../limits.ts'

/** Drops the ranges of numbers that have been given away and speak of no event that is left in Postgres. */
export async function dropEventSeqPartitions(db: Database): Promise<void> {
  for (const index of await completeRanges(db)) {
    await inTransaction(db, { name: 'drop-event-seq-partition' }, async (tx) => {
      await sql`SELECT set_config('lock_timeout', ${String(dropLockMsMax)}, true),
                       set_config('statement_timeout', ${String(dropMsMax)}, true)`.execute(tx)
      const end = (index + 1n) * BigInt(eventSeqRangeSize)
      await sql`SELECT drop_event_seq_partition(${index}::bigint, ${end}::bigint)`.execute(tx)
    })
  }
}

async function completeRanges(db: Database): Promise<bigint[]> {
  const { rows } = await sql<{ index: bigint }>`
    SELECT index FROM (
      SELECT substring(c.relname FROM '^event_seq_([0-9]+)$')::bigint AS index FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event_seq'::regclass) AS partition
    WHERE (index + 1) * ${eventSeqRangeSize}::bigint <= (SELECT last_seq FROM seq_state) ORDER BY index`.execute(
    db,
  )
  return rows.map(({ index }) => index)
}
