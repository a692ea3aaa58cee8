import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'

/**
 * Keeps an actor's sessions as they are until the transaction ends: whoever opens or rotates one shares this row. False where there is
 * no such actor any more.
 */
export async function lockActor(tx: Transaction, actorId: ActorId): Promise<boolean> {
  const row = await tx
    .selectFrom('actor')
    .select('id')
    .where('id', '=', actorId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row !== undefined
}
