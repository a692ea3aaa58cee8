import type { Transaction } from '@heronry/db/in-transaction'
import { enqueueDropStore } from './drop-store.ts'
import type { RepoHead } from './find-repo.ts'

/** Takes a repo away; its store is dropped by a job. The caller holds the row (`lockRepo`). */
export async function deleteRepo(tx: Transaction, { actorId, storeId }: RepoHead): Promise<void> {
  await tx.deleteFrom('repo').where('actor_id', '=', actorId).execute()
  await enqueueDropStore(tx, { actorId, storeId })
}
