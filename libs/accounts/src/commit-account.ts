import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { appendEvents } from '@heronry/events/append-events'
import { accountEvent, identityEvent } from '@heronry/events/event'
import { createRepo } from '@heronry/repo/create-repo'
import { takeDraft } from './draft-store.ts'
import { insertInviteUse } from './invite-store.ts'
import { rememberDevice } from './known-device.ts'
import { refreshTokenTtlMs } from './limits.ts'
import type { Draft } from './reserve-account.ts'
import { revokeSessions } from './revoke-sessions.ts'
import { insertSession } from './session-store.ts'
import type { SignUp } from './sign-up.ts'

export interface ReservedSignUp {
  readonly signUp: SignUp
  readonly draft: Draft
  readonly passwordHash: string
  /** Null: nobody is given a session. */
  readonly sessionId: string | null
  /** Deactivated, and deleted then; left out: active at once. */
  readonly deleteAfter?: Date | undefined
}

/** The last step of a sign-up that had to ask the PLC directory: `commitDraft` in a transaction of its own. */
export function commitAccount(
  { db, clock }: { db: Database; clock: Clock },
  reserved: ReservedSignUp,
): Promise<void> {
  return inTransaction(db, { name: 'create account' }, (tx) => commitDraft(tx, { clock }, reserved))
}

/**
 * The draft becomes an actor with an account, a repo, a session, and, where it is active, the four events that tell the world. Throws
 * `ServiceUnavailable` where the draft has been taken: the janitor has given this sign-up up.
 */
export async function commitDraft(
  tx: Transaction,
  { clock }: { clock: Clock },
  reserved: ReservedSignUp,
): Promise<void> {
  const { draft, signUp, sessionId } = reserved
  if ((await takeDraft(tx, draft.id)) === undefined) {
    throw new HeronryError('ServiceUnavailable', 'The account could not be made in time. Please try again.')
  }
  await insertActor(tx, { clock, reserved })
  // The DID may have had an account here before, with tokens that have not run out.
  if (reserved.deleteAfter) await revokeSessions(tx, draft.actorId, new Date(clock.now()))
  await insertRepo(tx, { clock, reserved })
  const { inviteCode, device } = signUp
  if (inviteCode !== null) await insertInviteUse(tx, { code: inviteCode, did: draft.did })
  const at = new Date(clock.now())
  if (device !== undefined) await rememberDevice(tx, { actorId: draft.actorId, at, ...device })
  if (sessionId === null) return
  const expiresAt = new Date(at.getTime() + refreshTokenTtlMs)
  await insertSession(tx, { id: sessionId, actorId: draft.actorId, expiresAt, appPasswordName: null })
}

interface Making {
  clock: Clock
  reserved: ReservedSignUp
}

async function insertActor(tx: Transaction, { clock, reserved }: Making): Promise<void> {
  const { draft, signUp, passwordHash, deleteAfter } = reserved
  const { community, handle, email } = signUp
  const { actorId, did } = draft
  const deactivated = deleteAfter && { deactivated_at: new Date(clock.now()), delete_after: deleteAfter }
  await tx
    .insertInto('actor')
    .values({ id: actorId, community_id: community.id, did, handle, ...deactivated })
    .execute()
  await tx
    .insertInto('account')
    .values({ actor_id: actorId, community_id: community.id, email, password: passwordHash })
    .execute()
}

/** The row of `repo` is new in this transaction: nobody else can be appending events of this actor. */
async function insertRepo(tx: Transaction, { clock, reserved }: Making): Promise<void> {
  const { signUp, draft } = reserved
  const { did, actorId, signer } = draft
  const communityId = signUp.community.id
  const actor = { id: actorId, communityId, did }
  const isActive = reserved.deleteAfter === undefined
  const { events } = await createRepo(tx, { actor, signer, clock, published: true, writable: isActive })
  if (!isActive) return
  const time = new Date(clock.now())
  await appendEvents(tx, {
    actorId,
    communityId,
    events: [
      identityEvent({ did, handle: signUp.handle, time }),
      accountEvent({ did, active: true, time }),
      events.commit,
      events.sync,
    ],
  })
}
