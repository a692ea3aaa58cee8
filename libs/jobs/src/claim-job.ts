import type { Database } from '@heronry/db/database'
import { runLeaseMs } from './limits.ts'
import { openAttempt, untilMs } from './open-attempt.ts'
import type { Dispatch } from './transport.ts'

/** A job whose start belongs to the caller. */
export interface ClaimedJob extends Dispatch {
  name: string
  payload: unknown
  enqueuedAt: Date
  /** Starts that were put off: they do not count as tries. */
  deferrals: number
  /** The trace that enqueued it, as `carriedTrace` wrote it. */
  trace: unknown
}

/**
 * Counts the start, and so takes it: of all deliveries of one dispatch, late, repeated or at two workers, one gets the job and
 * the others get `undefined`. So does a process that does not know the job's kind: the lease expires, and another one starts it.
 */
export async function claimJob(
  db: Database,
  { id, attempt }: Dispatch,
  names: readonly string[],
): Promise<ClaimedJob | undefined> {
  const row = await db
    .updateTable('job_outbox')
    .set({ attempts: attempt, lease_until: untilMs(runLeaseMs) })
    .where(openAttempt({ id, attempt: attempt - 1 }))
    .where('name', 'in', names)
    .returning(['name', 'payload', 'created_at as enqueuedAt', 'deferrals', 'trace_context as trace'])
    .executeTakeFirst()
  return row && { id, attempt, ...row }
}

/** Keeps a started job; `false` where a later start has taken it over, or it has ended. */
export async function renewJob(db: Database, job: Dispatch): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('job_outbox')
    .set({ lease_until: untilMs(runLeaseMs) })
    .where(openAttempt(job))
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}
