import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

export interface QueueBacklog {
  readonly queue: string
  /** Jobs that are due or running. */
  readonly pending: number
  /** How long the oldest of them has been due. */
  readonly oldestSeconds: number
}

/** What lies in each of the queues; index job_outbox_due holds just the open rows, so that it reads what it counts. */
export async function queueBacklog(db: Database, queues: readonly string[]): Promise<QueueBacklog[]> {
  const { rows } = await sql<QueueBacklog>`
    SELECT q AS queue, count(id)::int AS pending,
      coalesce(extract(epoch FROM now() - min(run_at)), 0)::float8 AS "oldestSeconds"
    FROM unnest(${queues}::text[]) q
    LEFT JOIN job_outbox ON queue = q AND done_at IS NULL AND dead_at IS NULL AND run_at <= now()
    GROUP BY q`.execute(db)
  return rows
}
