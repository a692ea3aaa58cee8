import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { enqueueNext } from './every.ts'
import type { JobHandler } from './handler.ts'
import { openAttempt, untilMs } from './open-attempt.ts'
import type { Dispatch } from './transport.ts'

/** Ends a job in the transaction that holds its effect. Its payload is blanked: it may have held a code or an address. */
export async function completeJob(tx: Transaction, job: Dispatch, handler: JobHandler): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('job_outbox')
    .set({ done_at: sql<Date>`now()`, lease_until: null, error: null, payload: sql`'null'::jsonb` })
    .where(openAttempt(job))
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Error('The job was taken over by a later attempt')
  await enqueueNext(tx, handler)
}

/** Ends a job without success. Its payload is kept for a retry by hand, until the row is purged. */
export async function buryJob(
  db: Database,
  job: Dispatch,
  { error, handler }: { error: string; handler?: JobHandler },
): Promise<void> {
  await inTransaction(db, { name: 'bury-job' }, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('job_outbox')
      .set({ dead_at: sql<Date>`now()`, lease_until: null, error })
      .where(openAttempt(job))
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 1n && handler !== undefined) await enqueueNext(tx, handler)
  })
}

/** Puts a failed attempt's job off. */
export async function postponeJob(
  db: Database,
  job: Dispatch,
  { error, delayMs }: { error: string; delayMs: number },
): Promise<void> {
  await db
    .updateTable('job_outbox')
    .set({ run_at: untilMs(delayMs), lease_until: null, error })
    .where(openAttempt(job))
    .execute()
}

/** Puts a job off that could not be tried: the start does not count, and what is known of its last failure stays. */
export async function deferJob(db: Database, job: Dispatch, delayMs: number): Promise<void> {
  await db
    .updateTable('job_outbox')
    .set((eb) => ({ run_at: untilMs(delayMs), lease_until: null, deferrals: eb('deferrals', '+', 1) }))
    .where(openAttempt(job))
    .execute()
}
