import { enqueueOrphanBlobs } from '@heronry/blobs/orphan-blobs'
import type { Clock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { accountEvent } from '@heronry/events/event'
import { deleteRepo } from '@heronry/repo/delete-repo'
import { lockRepo } from '@heronry/repo/lock-repo'
import type { Vault } from '@heronry/vault/vault'
import { actorColumns, actorOf } from './actor.ts'

export interface DeleteDeps {
  vault: Vault
  clock: Clock
}

/** As `deleteActor`, in a transaction of its own. kill -9 here → nothing has happened. */
export function deleteAccount(
  { db, ...deps }: DeleteDeps & { db: Database },
  actorId: ActorId,
): Promise<boolean> {
  return inTransaction(db, { name: 'delete account' }, (tx) => deleteActor(tx, deps, actorId))
}

/**
 * Deletes an actor with its account, sessions, key and repo, and tells the world: under the repo row lock, so that no commit comes
 * after it. Records and blobs are taken away by jobs that it enqueues. False where there is no such actor any more: asking again is safe.
 *
 * The DID is its owner's and stays as it is, and so do the invite codes it has made and used.
 */
export async function deleteActor(
  tx: Transaction,
  { vault, clock }: DeleteDeps,
  actorId: ActorId,
): Promise<boolean> {
  const repo = await lockRepo(tx, actorId)
  const row = await tx
    .deleteFrom('actor')
    .where('id', '=', actorId)
    .returning(actorColumns)
    .executeTakeFirst()
  if (row === undefined) return false
  const { did, communityId } = actorOf(row)
  // `account` goes with its actor.
  for (const table of ['session', 'email_token'] as const) {
    await tx.deleteFrom(table).where('actor_id', '=', actorId).execute()
  }
  await vault.discard(tx, actorId)
  await enqueueOrphanBlobs(tx, actorId)
  if (repo === undefined) return true
  await deleteRepo(tx, repo)
  if (!repo.published) return true
  const deleted = accountEvent({ did, active: false, status: 'deleted', time: new Date(clock.now()) })
  await appendEvents(tx, { actorId, communityId, events: [deleted] })
  return true
}
