import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import { withdraw } from '@heronry/jobs/withdraw'
import { deleteDeactivated } from './account-job-kinds.ts'

/**
 * Has a deactivated actor deleted at `deleteAfter`; null: not at all. There is at most one row for an actor. What counts is
 * `actor.delete_after` when the row is due: whatever else ends or changes a deactivation need not know of the row.
 */
export async function scheduleDeletion(
  tx: Transaction,
  { actorId, deleteAfter }: { actorId: ActorId; deleteAfter: Date | null },
): Promise<void> {
  const key = `delete-${actorId}`
  await withdraw(tx, deleteDeactivated, key)
  if (deleteAfter === null) return
  await enqueue(tx, deleteDeactivated, { key, payload: { actorId: String(actorId) }, runAt: deleteAfter })
}
