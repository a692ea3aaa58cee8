import type { Clock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { lockRepo } from '@heronry/repo/lock-repo'
import { sql } from 'kysely'
import { changeStatus } from './set-status.ts'

/**
 * Ends a suspension whose time has come; does nothing where it was made longer or ended since, or the actor is gone. Whether it has come
 * the database's clock says, by which the job was due: a process whose own is slow would end the job and not the suspension.
 */
export async function liftSuspension(
  tx: Transaction,
  { clock }: { clock: Clock },
  actorId: ActorId,
): Promise<void> {
  // Locked first: whoever changes the suspension holds the same row.
  await lockRepo(tx, actorId)
  const actor = await tx
    .selectFrom('actor')
    .select('suspended_until')
    .where('id', '=', actorId)
    .where('suspended_until', '<=', sql<Date>`now()`)
    .executeTakeFirst()
  if (actor !== undefined) await changeStatus(tx, { clock }, { actorId, change: { suspendedUntil: null } })
}
