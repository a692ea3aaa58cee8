import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { lockRepo } from '@heronry/repo/lock-repo'
import { recommit } from '@heronry/repo/recommit'
import type { Signer } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'
import { isBarred } from './barred.ts'
import { type DidFaultDeps, didFault } from './did-fault.ts'
import { findActorsOfDid } from './find-actors-of-did.ts'
import { scheduleDeletion } from './schedule-deletion.ts'
import { changeStatus } from './set-status.ts'

export interface ActivateDeps extends DidFaultDeps {
  db: Database
  clock: Clock
}

/**
 * Activates an account that the world finds here by its DID; one that is active is announced again. Where another community of the house
 * has the DID active, that one is deactivated in the same transaction: at no moment is it active twice, or nowhere.
 *
 * Its repo gets an empty commit, signed with the key that the DID names now, and a revision of this moment: what the host before has written since
 * the import is older, and whoever has heard of it believes the #sync of this commit.
 *
 * Throws `InvalidRequest` with what is wrong with the DID, and `UserNotFound` for an account that is taken down, suspended or gone.
 */
export async function activateAccount(
  deps: ActivateDeps,
  { community, actor }: { community: Community; actor: Actor },
): Promise<void> {
  if (isBarred(actor.status)) throw userNotFound()
  const fault = await didFault(deps, { community, actor })
  if (fault !== null) throw new HeronryError('InvalidRequest', fault)
  const signer = await deps.vault.signer(actor.id)
  await inTransaction(deps.db, { name: 'activate account' }, (tx) => activate(tx, deps, { actor, signer }))
}

async function activate(
  tx: Transaction,
  { clock }: { clock: Clock },
  { actor: { id, did, communityId }, signer }: { actor: Actor; signer: Signer },
): Promise<void> {
  const actors = await lockActorsOfDid(tx, did)
  const own = actors.find((actor) => actor.id === id)
  if (own === undefined || isBarred(own.status)) throw userNotFound()
  for (const other of actors) {
    if (other.id === id || other.deactivatedAt !== null) continue
    await changeStatus(tx, { clock }, { actorId: other.id, change: { deactivated: { deleteAfter: null } } })
  }
  const repo = await lockRepo(tx, id)
  if (repo === undefined) throw userNotFound()
  await recommit(tx, { clock }, { actor: { id, did, communityId }, repo, signer, afterRev: repo.rev })
  await changeStatus(tx, { clock }, { actorId: id, change: { deactivated: false } })
  await scheduleDeletion(tx, { actorId: id, deleteAfter: null })
}

/**
 * In the order of their numbers, which is that of everybody who locks more than one. What was read before the locks may not hold any more.
 */
async function lockActorsOfDid(tx: Transaction, did: Actor['did']): Promise<Actor[]> {
  const numbers = (await findActorsOfDid(tx, did)).map((actor) => actor.id).sort(ascending)
  for (const actorId of numbers) await lockRepo(tx, actorId)
  const actors = await findActorsOfDid(tx, did)
  return actors.filter((actor) => numbers.includes(actor.id))
}

function ascending(left: ActorId, right: ActorId): number {
  return left < right ? -1 : 1
}

/** Of an account that is gone, or that the house keeps out. */
export function userNotFound(): HeronryError {
  return new HeronryError('UserNotFound', 'user not found')
}
