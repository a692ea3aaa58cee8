import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/** Milliseconds since the first event after `after` was written, by the clock of Postgres; 0 where there is none. */
export async function eventAgeMs(db: Database, { after }: { after: Seq }): Promise<number> {
  const { rows } = await sql<{ age_ms: number }>`
    SELECT extract(epoch FROM clock_timestamp() - event.created_at)::float8 * 1000 AS age_ms
    FROM (SELECT hour, event_id FROM event_seq WHERE seq > ${after} ORDER BY seq LIMIT 1) AS number
    CROSS JOIN LATERAL (
      SELECT created_at FROM event WHERE hour = number.hour AND id = number.event_id LIMIT 1) AS event`.execute(
    db,
  )
  return Math.max(0, rows[0]?.age_ms ?? 0)
}
