import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { scheduleDeletion } from './schedule-deletion.ts'
import { changeStatus } from './set-status.ts'

/**
 * Deactivates an account, and has it deleted at `deleteAfter`, unless it is activated before; null: it stays. May be repeated: what was
 * said last counts. Throws `InvalidRequest` for a moment that has passed: an account is not deleted at once by this way.
 */
export async function deactivateAccount(
  { db, clock }: { db: Database; clock: Clock },
  { actorId, deleteAfter }: { actorId: ActorId; deleteAfter: Date | null },
): Promise<void> {
  if (deleteAfter !== null && deleteAfter.getTime() <= clock.now()) {
    throw new HeronryError('InvalidRequest', 'deleteAfter must be in the future')
  }
  await inTransaction(db, { name: 'deactivate account' }, async (tx) => {
    await changeStatus(tx, { clock }, { actorId, change: { deactivated: { deleteAfter } } })
    await scheduleDeletion(tx, { actorId, deleteAfter })
  })
}
