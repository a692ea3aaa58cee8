import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { accountEvent, identityEvent } from '@heronry/events/event'
import type { Reannounce } from '@heronry/jobs/kinds/reannounce'
import { lockRepo } from '@heronry/repo/lock-repo'
import { recommit } from '@heronry/repo/recommit'
import type { Logger } from '@heronry/telemetry/logger'
import type { Signer, Vault } from '@heronry/vault/vault'
import type { Actor } from './actor.ts'
import { findActorsOfDid } from './find-actors-of-did.ts'
import { insertLostAccount } from './lost-account.ts'

export interface ReannounceDeps {
  readonly db: Database
  readonly vault: Vault
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Tells the world what a DID is here and now: #identity, #account and, while it is active, a #sync whose rev is beyond `afterRev`
 * (one with an earlier rev is ignored by whoever has heard of a state that is lost). A DID that no community hosts was made in
 * the lost tail: it is kept for the operator.
 *
 * One transaction with the job's end: killed anywhere, it has happened once or not at all.
 */
export async function reannounceDid(
  { db, vault, clock, logger }: ReannounceDeps,
  { did, afterRev }: Reannounce,
  { complete }: { complete: (tx: Transaction) => Promise<void> },
): Promise<void> {
  const signers = new Map<bigint, Signer>()
  for (const { id } of await findActorsOfDid(db, did)) signers.set(id, await vault.signer(id))
  await inTransaction(db, { name: 'reannounce' }, async (tx) => {
    if (signers.size === 0) {
      await insertLostAccount(tx, did)
      logger.error({ did }, 'An account of the lost tail is not known here any more')
    }
    for (const { id } of await findActorsOfDid(tx, did)) {
      const signer = signers.get(id)
      if (signer === undefined) throw new Error('An actor was added in the meantime')
      await announceActor(tx, { clock }, { id, did, signer, afterRev })
    }
    await complete(tx)
  })
}

/** The actor's state is read under its repo row lock, which every change of it takes. Quarantined ones stay unheard of. */
async function announceActor(
  tx: Transaction,
  { clock }: { clock: Clock },
  { id, did, signer, afterRev }: Reannounce & { id: Actor['id']; signer: Signer },
): Promise<void> {
  const repo = await lockRepo(tx, id)
  if (!repo?.published) return
  const actor = (await findActorsOfDid(tx, did)).find((candidate) => candidate.id === id)
  if (actor === undefined) return
  const { communityId, status } = actor
  const sync = await recommit(tx, { clock }, { actor: { id, did, communityId }, repo, signer, afterRev })
  const time = new Date(clock.now())
  const active = status === 'active'
  const account = accountEvent(active ? { did, active, time } : { did, active, status, time })
  const identity = identityEvent({ did, handle: actor.handle ?? undefined, time })
  await appendEvents(tx, {
    actorId: id,
    communityId,
    events: [identity, account, ...(active ? [sync] : [])],
  })
}
