import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { auditMonthsAhead } from './limits.ts'

/** 12 × year + month, January being 0; in UTC. */
export function monthOf(at: Date): number {
  return 12 * at.getUTCFullYear() + at.getUTCMonth()
}

/**
 * Makes the partitions of the audit log from the last month to `auditMonthsAhead`; called by any number of processes, at start and daily. A
 * row whose month has no partition cannot be written, and so no administrator could act.
 */
export async function ensureAuditPartitions(db: Database, { now = new Date() } = {}): Promise<void> {
  const first = monthOf(now) - 1
  const months = Array.from({ length: auditMonthsAhead + 2 }, (_, index) => first + index)
  const names = months.map((month) => `audit_log_m${month}`)
  const { rows } = await sql<{ missing: boolean }>`
    SELECT bool_or(to_regclass(name) IS NULL) AS missing FROM unnest(${names}::text[]) AS name`.execute(db)
  if (!rows[0]?.missing) return
  for (const month of months) await sql`SELECT attach_audit_partition(${month})`.execute(db)
}
