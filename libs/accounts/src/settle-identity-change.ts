import type { Handle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { declaredHandles } from '@heronry/identity/declared-handles'
import { handleOfOperation } from '@heronry/identity/plc-update'
import { enqueue } from '@heronry/jobs/enqueue'
import { type Settlement, settleIdentityChange } from './account-job-kinds.ts'
import { type Actor, actorColumns, actorOf } from './actor.ts'
import type { CarryOutDeps } from './carry-out-change.ts'
import { commitChange, type IdentityChange, leaveChange, takeChange } from './identity-change.ts'
import { strayChangeMs } from './limits.ts'

/**
 * The janitor of identity changes that stopped half way. What the DID's document says by now counts: a change that has arrived there is
 * committed, one that has not is looked at once more an hour later and then given up. May run any number of times, and be killed
 * anywhere: what it does ends with its job, in one transaction.
 */
export async function settleChange(
  deps: CarryOutDeps,
  { actorId, changeId, isSecondLook }: Settlement,
  { complete }: { complete: (tx: Transaction) => Promise<void> },
): Promise<void> {
  const found = await findChange(deps, { actorId: BigInt(actorId) as ActorId, id: BigInt(changeId) })
  const outcome = found && (await hasArrived(deps, found)) ? 'arrived' : isSecondLook ? 'lost' : 'unknown'
  await inTransaction(deps.db, { name: 'settle identity change' }, async (tx) => {
    if (found !== undefined) await end(tx, deps, { change: found.change, outcome })
    await complete(tx)
  })
}

interface End {
  change: IdentityChange
  outcome: 'arrived' | 'lost' | 'unknown'
}

async function end(tx: Transaction, deps: CarryOutDeps, { change, outcome }: End): Promise<void> {
  if (outcome === 'arrived') {
    deps.logger.warn(
      { actorId: String(change.actorId) },
      'A change of an identity was ended that had stopped half way',
    )
    return await commitChange(tx, deps, change)
  }
  if (outcome === 'lost') {
    await takeChange(tx, change)
    return
  }
  await leaveChange(tx, change)
  const payload = { actorId: String(change.actorId), changeId: String(change.id), isSecondLook: true }
  await enqueue(tx, settleIdentityChange, { payload, runAt: new Date(deps.clock.now() + strayChangeMs) })
}

/** A change of anything but the handle: whether it has arrived or not, an #identity more does no harm. */
async function hasArrived(deps: CarryOutDeps, { change: { handle }, actor }: FoundChange): Promise<boolean> {
  return handle === null || (await saysHandle(deps, { actor, handle }))
}

async function saysHandle(
  { plc, resolver }: CarryOutDeps,
  { actor: { did }, handle }: { actor: Actor; handle: Handle },
): Promise<boolean> {
  if (did.startsWith('did:plc:')) {
    const last = await plc.lastOperation(did)
    return last !== null && handleOfOperation(last) === handle
  }
  const document = await resolver.resolve(did, { force: true })
  return document !== null && declaredHandles(document).includes(handle)
}

interface FoundChange {
  change: IdentityChange
  actor: Actor
}

async function findChange(
  { db }: CarryOutDeps,
  { actorId, id }: Omit<IdentityChange, 'handle'>,
): Promise<FoundChange | undefined> {
  const row = await db
    .selectFrom('identity_change')
    .innerJoin('actor', 'actor.id', 'identity_change.actor_id')
    .select([...actorColumns, 'identity_change.handle as reserved'])
    .where('identity_change.actor_id', '=', actorId)
    .where('identity_change.id', '=', id)
    .executeTakeFirst()
  return row && { change: { id, actorId, handle: row.reserved as Handle | null }, actor: actorOf(row) }
}
