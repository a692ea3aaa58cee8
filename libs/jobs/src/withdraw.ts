import type { Transaction } from '@heronry/db/in-transaction'
import type { JobKind } from './define-job.ts'

/**
 * Takes back a job that nobody has begun, in the transaction that makes it needless. False where there is none: it is running, or about to,
 * or has ended. A worker that leases it at this moment decides: either it finds no job, or this waits for it and answers false.
 */
export async function withdraw(
  tx: Transaction,
  { queue }: Pick<JobKind<unknown>, 'queue'>,
  key: string,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('job_outbox')
    .where('queue', '=', queue)
    .where('key', '=', key)
    .where('done_at', 'is', null)
    .where('dead_at', 'is', null)
    .where('lease_until', 'is', null)
    .where('attempts', '=', 0)
    .executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}
