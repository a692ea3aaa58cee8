import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { unstampedHours } from '../limits.ts'

/**
 * Milliseconds for which the oldest committed event of the last hours has waited for a number; 0 where none waits. By what the last stamping
 * has seen, as the next one decides it: whoever leads, and if nobody does.
 *
 * Two statements: Postgres plans the second by the snapshot's values, and scans `event_xid` from its end (0.3 ms). A plan that does not
 * know them reads whole hours.
 */
export async function unstampedAgeMs(db: Database): Promise<number> {
  const { rows: states } = await sql<State>`
    SELECT floor_id, coalesce(pg_snapshot_xmax(snapshot::pg_snapshot), '0'::xid8)::text AS xmax,
      ARRAY(SELECT pg_snapshot_xip(snapshot::pg_snapshot))::text[] AS xip,
      floor(extract(epoch FROM clock_timestamp()) / 3600)::int AS hour
    FROM seq_state`.execute(db)
  const [state] = states
  if (state === undefined) return 0
  const { floor_id, xmax, xip, hour } = state
  const { rows } = await sql<{ age_ms: number | null }>`
    SELECT extract(epoch FROM clock_timestamp() - min(created_at))::float8 * 1000 AS age_ms
    FROM (
      SELECT created_at FROM event WHERE hour > ${hour - unstampedHours} AND id > ${floor_id} AND xid >= ${xmax}::xid8
      UNION ALL
      SELECT created_at FROM event WHERE hour > ${hour - unstampedHours} AND id > ${floor_id} AND xid = ANY (${xip}::xid8[])
    ) AS fresh`.execute(db)
  return Math.max(0, rows[0]?.age_ms ?? 0)
}

interface State {
  floor_id: bigint
  xmax: string
  xip: string[]
  hour: number
}
