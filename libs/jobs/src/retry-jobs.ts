import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { ofCommunity } from './list-jobs.ts'

export interface Retry {
  readonly queue: string
  readonly communityId: CommunityId
  /** Undefined: all that are dead. */
  readonly ids?: readonly bigint[] | undefined
  readonly max: number
}

/**
 * Has a community's jobs tried at once: those that are dead, with all their tries before them again, and, where ids are named, those that
 * wait for another try. Answers how many. Starts are numbered on, so that no late delivery of an earlier one can be taken for a new one.
 */
export async function retryJobs(tx: Transaction, { queue, communityId, ids, max }: Retry): Promise<number> {
  let due = tx
    .selectFrom('job_outbox')
    .select('id')
    .where('queue', '=', queue)
    .where('done_at', 'is', null)
    .where('lease_until', 'is', null)
    .where(ofCommunity(communityId))
    .orderBy('id')
    .limit(max)
    .forUpdate()
  due = ids === undefined ? due.where('dead_at', 'is not', null) : due.where('id', 'in', ids)
  const { numUpdatedRows } = await tx
    .updateTable('job_outbox')
    .set({
      dead_at: null,
      run_at: sql<Date>`now()`,
      deferrals: sql<number>`CASE WHEN dead_at IS NULL THEN deferrals ELSE attempts END`,
    })
    .where('id', 'in', due)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}
