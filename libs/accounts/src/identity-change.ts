import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { identityEvent } from '@heronry/events/event'
import { enqueue } from '@heronry/jobs/enqueue'
import { lockRepo } from '@heronry/repo/lock-repo'
import { sql } from 'kysely'
import { settleIdentityChange } from './account-job-kinds.ts'
import { type Actor, actorColumns, actorOf } from './actor.ts'
import { assertHandleFree, lockHandle } from './handle-claim.ts'
import { identityChangeGraceMs } from './limits.ts'

/** A change of an actor's identity that is under way at the PLC directory. */
export interface IdentityChange {
  readonly id: bigint
  readonly actorId: ActorId
  /** Its handle from then on; null: something else of its document is changed. */
  readonly handle: Handle | null
}

export interface ChangeDeps {
  readonly db: Database
  readonly clock: Clock
}

/**
 * The first step of a change: the handle is reserved, and the janitor told to find out what became of it should it not be committed
 * in a minute. Throws `HandleNotAvailable` where somebody else has the handle or is about to, and `InvalidRequest` while another change of
 * this actor goes on. One that has stopped half way is taken over: what it may still do at the directory is older than what comes now.
 */
export async function reserveChange(
  { db, clock }: ChangeDeps,
  { actor, handle }: { actor: Actor; handle: Handle | null },
): Promise<IdentityChange> {
  const { id: actorId, communityId } = actor
  return await inTransaction(db, { name: 'reserve identity change' }, async (tx) => {
    if (handle !== null) {
      await lockHandle(tx, { communityId, handle })
      await assertHandleFree(tx, { communityId, handle, actorId })
    }
    const now = clock.now()
    const id = await insertChange(tx, { actorId, communityId, handle, now })
    const payload = { actorId: String(actorId), changeId: String(id), isSecondLook: false }
    await enqueue(tx, settleIdentityChange, { payload, runAt: new Date(now + identityChangeGraceMs) })
    return { id, actorId, handle }
  })
}

async function insertChange(
  tx: Transaction,
  {
    actorId,
    communityId,
    handle,
    now,
  }: Pick<Actor, 'communityId'> & Omit<IdentityChange, 'id'> & { now: number },
): Promise<bigint> {
  const startedAt = new Date(now)
  const row = await tx
    .insertInto('identity_change')
    .values({ actor_id: actorId, community_id: communityId, handle, started_at: startedAt })
    .onConflict((conflict) =>
      conflict
        .column('actor_id')
        .doUpdateSet({ id: sql`DEFAULT`, handle, is_live: true, started_at: startedAt })
        .where((eb) =>
          eb.or([
            eb('identity_change.is_live', '=', false),
            eb('identity_change.started_at', '<=', new Date(now - identityChangeGraceMs)),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst()
    .catch(noActor)
  if (row === undefined) {
    throw new HeronryError(
      'InvalidRequest',
      'The identity is being changed already. Please try again in a minute.',
    )
  }
  return row.id
}

/** The actor was deleted while its request was under way. */
function noActor(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === '23503') {
    throw new HeronryError('AccountNotFound', 'Account not found', { cause: error })
  }
  throw error
}

/**
 * The last step: the actor has its handle, and the world is told, under the repo row lock, which every event of the actor is appended
 * under. Throws `ServiceUnavailable` where the change has been taken over or given up.
 */
export async function commitChange(
  tx: Transaction,
  { clock }: Pick<ChangeDeps, 'clock'>,
  { id, actorId, handle }: IdentityChange,
): Promise<void> {
  const repo = await lockRepo(tx, actorId)
  if (!(await takeChange(tx, { id, actorId }))) {
    throw new HeronryError(
      'ServiceUnavailable',
      'The identity was changed otherwise meanwhile. Please try again.',
    )
  }
  const row = await tx
    .updateTable('actor')
    .set((eb) => ({ handle: handle ?? eb.ref('actor.handle') }))
    .where('id', '=', actorId)
    .returning(actorColumns)
    .executeTakeFirst()
  if (row === undefined || !repo?.published) return
  const { did, communityId } = actorOf(row)
  const event = identityEvent({ did, handle: handle ?? undefined, time: new Date(clock.now()) })
  await appendEvents(tx, { actorId, communityId, events: [event] })
}

/** Gives the change up: its handle is free again. False where it is gone already. */
export async function takeChange(
  tx: Transaction,
  { id, actorId }: Omit<IdentityChange, 'handle'>,
): Promise<boolean> {
  const taken = await tx
    .deleteFrom('identity_change')
    .where('actor_id', '=', actorId)
    .where('id', '=', id)
    .executeTakeFirst()
  return taken.numDeletedRows === 1n
}

/** Nobody works at it any more, and nobody knows yet what became of it: its actor may begin another. */
export async function leaveChange(
  tx: Transaction,
  { id, actorId }: Omit<IdentityChange, 'handle'>,
): Promise<void> {
  await tx
    .updateTable('identity_change')
    .set({ is_live: false })
    .where('actor_id', '=', actorId)
    .where('id', '=', id)
    .execute()
}
