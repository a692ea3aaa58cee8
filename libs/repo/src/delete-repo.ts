import type { Transaction } from '@heronry/db/in-transaction'
import { enqueueDropStore } from './drop-store.ts'
import type { RepoHead } from './find-repo.ts'

/** Takes a repo away, and its import with it; what was filled and staged is dropped by jobs. The caller holds the row (`lockRepo`). */
export async function deleteRepo(tx: Transaction, { actorId, storeId }: RepoHead): Promise<void> {
  await tx.deleteFrom('repo').where('actor_id', '=', actorId).execute()
  await tx.deleteFrom('repo_import').where('actor_id', '=', actorId).execute()
  await enqueueDropStore(tx, { actorId, storeId })
}
