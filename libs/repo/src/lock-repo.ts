import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { headOf, type RepoHead, repoColumns } from './find-repo.ts'

/**
 * Takes an actor's repo row lock until the end of the transaction; undefined where the actor has no repo. Whoever holds it may append events of
 * the actor: commits that come meanwhile lose, and find what the transaction has left.
 */
export async function lockRepo(tx: Transaction, actorId: ActorId): Promise<RepoHead | undefined> {
  const row = await tx
    .selectFrom('repo')
    .select(repoColumns)
    .where('actor_id', '=', actorId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && headOf(row)
}

/** Whether commits are taken from here on. The caller holds the row (`lockRepo`). */
export async function setWritable(
  tx: Transaction,
  { actorId, writable }: { actorId: ActorId; writable: boolean },
): Promise<void> {
  await tx.updateTable('repo').set({ writable }).where('actor_id', '=', actorId).execute()
}
