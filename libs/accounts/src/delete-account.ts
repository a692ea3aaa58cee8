import { enqueueOrphanBlobs } from '@heronry/blobs/orphan-blobs'
import type { Clock } from '@heronry/core/clock'
import { invalidHandle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { accountEvent } from '@heronry/events/event'
import { forgetActor } from '@heronry/jobs/forget-actor'
import { deleteRepo } from '@heronry/repo/delete-repo'
import { lockRepo } from '@heronry/repo/lock-repo'
import { takeReservation } from '@heronry/vault/reserved-key-store'
import type { Vault } from '@heronry/vault/vault'
import { actorColumns, actorOf } from './actor.ts'
import { deleteInvites } from './delete-invites.ts'
import { enqueueMail } from './enqueue-mail.ts'
import { findLogin, type Login } from './find-login.ts'
import { scheduleDeletion } from './schedule-deletion.ts'

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

/** What this package keeps of an actor by its number. `account` goes with its actor. */
const tables = [
  'session',
  'app_password',
  'oauth_token',
  'email_token',
  'recovery_code',
  'factor_attempt',
  'known_device',
  'identity_change',
  'account_draft',
] as const

/**
 * Deletes an actor with everything that is kept of it, and tells the world: under the repo row lock, so that no commit comes after it.
 * Records and blobs are taken away by jobs that it enqueues. False where there is no such actor any more: asking again is safe.
 *
 * The DID is its owner's and stays as it is. A test looks through the catalog for tables that this has forgotten.
 */
export async function deleteActor(tx: Transaction, deps: DeleteDeps, actorId: ActorId): Promise<boolean> {
  const { vault, clock } = deps
  const repo = await lockRepo(tx, actorId)
  const login = await findLogin(tx, actorId)
  const row = await tx
    .deleteFrom('actor')
    .where('id', '=', actorId)
    .returning(actorColumns)
    .executeTakeFirst()
  if (row === undefined) return false
  const { did, communityId } = actorOf(row)
  // Whoever gives or takes one of these holds the actor's row: from here on nobody does.
  for (const table of tables) await tx.deleteFrom(table).where('actor_id', '=', actorId).execute()
  await deleteInvites(tx, { did, communityId })
  await vault.discard(tx, actorId)
  await takeReservation(tx, { did, communityId })
  await scheduleDeletion(tx, { actorId, deleteAfter: null })
  await forgetActor(tx, actorId)
  if (login !== undefined) await tellOfDeletion(tx, deps, login)
  await enqueueOrphanBlobs(tx, actorId)
  if (repo === undefined) return true
  await deleteRepo(tx, repo)
  if (!repo.published) return true
  const deleted = accountEvent({ did, active: false, status: 'deleted', time: new Date(clock.now()) })
  await appendEvents(tx, { actorId, communityId, events: [deleted] })
  return true
}

/** Nobody's mail: what was the actor's is gone. */
async function tellOfDeletion(
  tx: Transaction,
  { clock }: DeleteDeps,
  { actor, email }: Login,
): Promise<void> {
  const { communityId, handle } = actor
  const mail = { template: 'deletion-done', handle: handle ?? invalidHandle, values: {} } as const
  await enqueueMail(tx, { communityId, to: email, at: new Date(clock.now()), mail })
}
