import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { accountEvent, type EventBody, identityEvent } from '@heronry/events/event'
import { enqueue } from '@heronry/jobs/enqueue'
import type { RepoHead } from '@heronry/repo/find-repo'
import { headSync } from '@heronry/repo/head-sync'
import { lockRepo, setWritable } from '@heronry/repo/lock-repo'
import { endSuspension } from './account-job-kinds.ts'
import { type Actor, actorColumns, actorOf } from './actor.ts'
import { type Notice, notifyActor } from './notify.ts'
import { revokeSessions } from './revoke-sessions.ts'

/** What is said of an actor from now on; what is left out stays as it is. */
export interface StatusChange {
  /** `deleteAfter` is the moment its owner has named, as a promise to nobody yet. */
  readonly deactivated?: false | { readonly deleteAfter: Date | null } | undefined
  /** The moderator's reference; null lifts the takedown. */
  readonly takedownRef?: string | null | undefined
  /** Null ends the suspension. */
  readonly suspendedUntil?: Date | null | undefined
}

/** As `changeStatus`, in a transaction of its own. */
export function setStatus(
  { db, clock }: { db: Database; clock: Clock },
  change: { actorId: ActorId; change: StatusChange },
): Promise<Actor> {
  return inTransaction(db, { name: 'set status' }, (tx) => changeStatus(tx, { clock }, change))
}

/**
 * Changes an actor's status, tells the world, and lets its repo take commits exactly while it is active. An empty change tells the world
 * again. Throws `AccountNotFound`, and `InvalidRequest` where another community has the DID active.
 *
 * Invariant: all of it happens under the repo row lock, which every commit takes: no commit is numbered after the #account that forbids it,
 * or before the one that allows it. kill -9 here → nothing has happened.
 */
export async function changeStatus(
  tx: Transaction,
  { clock }: { clock: Clock },
  { actorId, change }: { actorId: ActorId; change: StatusChange },
): Promise<Actor> {
  const repo = await lockRepo(tx, actorId)
  const actor = await updateActor(tx, { actorId, change, now: new Date(clock.now()) })
  if (repo === undefined || actor === undefined)
    throw new HeronryError('AccountNotFound', 'Account not found')
  await setWritable(tx, { actorId, writable: actor.status === 'active' })
  const { takedownRef, suspendedUntil } = change
  // Whoever is taken down is logged out; a refresh that waits for the account's row finds its session gone.
  if (takedownRef) await revokeSessions(tx, actorId, new Date(clock.now()))
  if (suspendedUntil) {
    await enqueue(tx, endSuspension, { payload: { actorId: String(actorId) }, runAt: suspendedUntil })
  }
  if (suspendedUntil !== undefined) {
    await notifyActor(tx, { ...suspensionNotice(suspendedUntil), actorId, at: new Date(clock.now()) })
  }
  if (repo.published) {
    const isActivation = change.deactivated === false && actor.status === 'active'
    const events = statusEvents({ actor, repo, isActivation, time: new Date(clock.now()) })
    await appendEvents(tx, { actorId, communityId: actor.communityId, events })
  }
  return actor
}

function suspensionNotice(until: Date | null): Pick<Notice, 'template' | 'values'> {
  if (until === null) return { template: 'suspension-over' }
  return {
    template: 'suspended',
    values: { until: `${until.toISOString().slice(0, 16).replace('T', ' ')} UTC` },
  }
}

async function updateActor(
  tx: Transaction,
  { actorId, change, now }: { actorId: ActorId; change: StatusChange; now: Date },
): Promise<Actor | undefined> {
  const { deactivated, takedownRef, suspendedUntil } = change
  const row = await tx
    .updateTable('actor')
    .set({
      ...(deactivated === false && { deactivated_at: null, delete_after: null }),
      ...(deactivated && { deactivated_at: now, delete_after: deactivated.deleteAfter }),
      ...(takedownRef !== undefined && { takedown_ref: takedownRef }),
      ...(suspendedUntil !== undefined && { suspended_until: suspendedUntil }),
      // An empty change must name a column.
      id: (set) => set.ref('actor.id'),
    })
    .where('id', '=', actorId)
    .returning(actorColumns)
    .executeTakeFirst()
    .catch(activeElsewhere)
  return row && actorOf(row, { now: now.getTime() })
}

/** The index `actor_active_did`: a DID is active in one community at a time. */
function activeElsewhere(error: unknown): never {
  if (error instanceof Error && 'constraint' in error && error.constraint === 'actor_active_did') {
    throw new HeronryError('InvalidRequest', 'The account is active in another community of this server', {
      cause: error,
    })
  }
  throw error
}

/** As the reference server says it: #account for every change; on activation also who it is and where its repo stands. */
function statusEvents({
  actor: { did, handle, status },
  repo,
  isActivation,
  time,
}: {
  actor: Actor
  repo: RepoHead
  isActivation: boolean
  time: Date
}): EventBody[] {
  if (status !== 'active') return [accountEvent({ did, active: false, status, time })]
  const account = accountEvent({ did, active: true, time })
  if (!isActivation) return [account]
  return [account, identityEvent({ did, handle: handle ?? undefined, time }), headSync(repo, { did, time })]
}
