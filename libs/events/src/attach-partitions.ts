import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

/** Partitions of one range-partitioned table: `name` holds the rows from `from` up to, but not including, `to`. */
export interface Partitions {
  readonly parent: 'event' | 'event_seq'
  readonly ranges: readonly { readonly name: string; readonly from: bigint; readonly to: bigint }[]
}

/**
 * Makes those of the partitions that are missing; any number of processes may call it at once.
 *
 * CREATE TABLE … PARTITION OF would lock the parent against everybody. A table made LIKE it and then attached takes SHARE
 * UPDATE EXCLUSIVE: writers and readers go on. Callers queue behind one advisory lock, so that none meets the other's
 * half-made table. kill -9 here → none or all of them. The function has the rights of the tables' owner (migration 0002): no service
 * owns a table.
 */
export async function attachPartitions(db: Database, { parent, ranges }: Partitions): Promise<void> {
  const before = await attached(db, parent)
  if (ranges.every(({ name }) => before.has(name))) return
  await inTransaction(db, { name: 'attach-partitions' }, async (tx) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext('heronry.partitions'))`.execute(tx)
    const names = await attached(tx, parent)
    for (const { name, from, to } of ranges.filter((range) => !names.has(range.name))) {
      await sql`SELECT attach_partition(${parent}, ${name}, ${from}, ${to})`.execute(tx)
    }
  })
}

async function attached(db: Database | Transaction, parent: string): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`
    SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = ${parent}::regclass`.execute(db)
  return new Set(rows.map(({ name }) => name))
}
