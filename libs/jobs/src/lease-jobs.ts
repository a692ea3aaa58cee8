import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { dispatchLeaseMs } from './limits.ts'
import type { Dispatch } from './transport.ts'

/**
 * Leases due jobs of one queue, greatest priority first. Index job_outbox_due gives them in order, so that the statement reads
 * about as many rows as it takes, plus those leased right now. Jobs whose kind this process does not know stay for one that does.
 *
 * kill -9 after it → the lease expires and the job is dispatched again, under the same number if it was not started.
 */
export async function leaseJobs(
  db: Database,
  { queue, names, max }: { queue: string; names: readonly string[]; max: number },
): Promise<Dispatch[]> {
  const { rows } = await sql<{ id: bigint; attempt: number; place: bigint }>`
    WITH due AS (
      SELECT id, row_number() OVER () AS place FROM (
        SELECT id FROM job_outbox
        WHERE queue = ${queue} AND done_at IS NULL AND dead_at IS NULL AND run_at <= now()
          AND (lease_until IS NULL OR lease_until < now()) AND name = ANY(${names}::text[])
        ORDER BY priority DESC, run_at, id LIMIT ${max} FOR UPDATE SKIP LOCKED) picked)
    UPDATE job_outbox j SET lease_until = now() + ${dispatchLeaseMs} * interval '1 ms'
    FROM due WHERE j.id = due.id
    RETURNING j.id, j.attempts + 1 AS attempt, due.place`.execute(db)
  return rows.sort((left, right) => Number(left.place - right.place))
}

/** Gives back what could not be dispatched, so that it does not wait for the lease to expire. Jobs that were started anyway keep theirs. */
export async function returnJobs(db: Database, jobs: readonly Dispatch[]): Promise<void> {
  await sql`
    UPDATE job_outbox j SET lease_until = NULL
    FROM unnest(${jobs.map((job) => job.id)}::bigint[], ${jobs.map((job) => job.attempt)}::int[]) AS t (id, attempt)
    WHERE j.id = t.id AND j.attempts = t.attempt - 1`.execute(db)
}
