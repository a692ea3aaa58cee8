import type { Clock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { lockRepo } from '@heronry/repo/lock-repo'
import type { Vault } from '@heronry/vault/vault'
import { deleteActor } from './delete-account.ts'

/**
 * Deletes an actor whose deactivation was to end so, if that still holds. Answers when to come again, where its owner has put it off while
 * this was about to run; null: never.
 */
export async function deleteWhenDue(
  tx: Transaction,
  deps: { vault: Vault; clock: Clock },
  actorId: ActorId,
): Promise<Date | null> {
  // Locked first: whoever activates the actor, or changes the date, holds the same row.
  await lockRepo(tx, actorId)
  const actor = await tx
    .selectFrom('actor')
    .select('delete_after')
    .where('id', '=', actorId)
    .where('deactivated_at', 'is not', null)
    .executeTakeFirst()
  const deleteAfter = actor?.delete_after ?? null
  if (deleteAfter === null || deleteAfter.getTime() > deps.clock.now()) return deleteAfter
  await deleteActor(tx, deps, actorId)
  return null
}
