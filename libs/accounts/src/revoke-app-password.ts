import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { lockActor } from './lock-actor.ts'

/**
 * Takes an app password away, and ends its sessions; its access tokens name it, and are worth nothing without it. Does nothing where there
 * is none of that name.
 *
 * Invariant: the actor's row is locked first, which whoever opens or rotates a session shares: none is made of what is being revoked.
 */
export async function revokeAppPassword(
  db: Database,
  { actorId, name }: { actorId: ActorId; name: string },
): Promise<void> {
  await inTransaction(db, { name: 'revoke app password' }, async (tx) => {
    await lockActor(tx, actorId)
    await tx.deleteFrom('app_password').where('actor_id', '=', actorId).where('name', '=', name).execute()
    await tx
      .deleteFrom('session')
      .where('actor_id', '=', actorId)
      .where('app_password_name', '=', name)
      .execute()
  })
}
