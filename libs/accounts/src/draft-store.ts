import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { sql } from 'kysely'
import { isBeingChangedTo, lockHandle } from './handle-claim.ts'
import { lockEmail } from './lock-email.ts'

/** A name and an address that somebody is signing up with. */
export interface Reservation {
  readonly communityId: CommunityId
  readonly did: Did
  readonly handle: Handle
  readonly email: string
  readonly inviteCode: string | null
  /** Null for a DID that its owner has already. */
  readonly operation: PlcOperation | null
}

export interface DraftKey {
  readonly id: bigint
  readonly actorId: ActorId
}

/**
 * Reserves handle and e-mail; throws `InvalidRequest` where somebody has one of them or is about to, `AlreadyExists` where the community
 * hosts the DID.
 *
 * The draft goes in before the actors are looked at: of a sign-up that becomes an actor meanwhile, one or the other is seen.
 * Whoever gives an actor another e-mail later must look at the drafts in the same way; who gives it another handle reserves that first,
 * under the same lock (handle-claim.ts).
 */
export async function insertDraft(tx: Transaction, reservation: Reservation): Promise<DraftKey> {
  const { communityId, did, handle, email, inviteCode, operation } = reservation
  await lockEmail(tx, { communityId, email })
  await lockHandle(tx, reservation)
  const draft = await tx
    .insertInto('account_draft')
    .values({
      community_id: communityId,
      actor_id: sql<bigint>`nextval(pg_get_serial_sequence('actor', 'id'))`,
      did,
      handle,
      email,
      invite_code: inviteCode,
      plc_operation: operation && JSON.stringify(operation),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(['id', 'actor_id as actorId'])
    .executeTakeFirst()
  if (await hosts(tx, reservation)) throw alreadyHosted()
  if (draft === undefined && (await isDrafted(tx, reservation))) throw handleTaken(handle)
  if (await isBeingChangedTo(tx, reservation)) throw handleTaken(handle)
  if (await hasActor(tx, reservation)) throw handleTaken(handle)
  // The draft that was in the way has become an account since, if it is not there any more: by its handle it would have been seen.
  if (draft === undefined || (await hasAccount(tx, reservation))) throw emailTaken(email)
  return { id: draft.id, actorId: draft.actorId as ActorId }
}

/** Takes a draft away. Of all who try, one gets it: the sign-up that commits, or who undoes it. */
export async function takeDraft(
  tx: Transaction,
  id: bigint,
): Promise<{ did: Did; actorId: ActorId; operation: PlcOperation | null } | undefined> {
  const row = await tx
    .deleteFrom('account_draft')
    .where('id', '=', id)
    .returning(['did', 'actor_id', 'plc_operation'])
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    did: row.did as Did,
    actorId: row.actor_id as ActorId,
    operation: row.plc_operation as PlcOperation | null,
  }
}

async function hosts(tx: Transaction, { communityId, did }: Reservation): Promise<boolean> {
  const row = await tx
    .selectFrom('actor')
    .select('id')
    .where('community_id', '=', communityId)
    .where('did', '=', did)
    .executeTakeFirst()
  return row !== undefined
}

async function isDrafted(tx: Transaction, { communityId, handle }: Reservation): Promise<boolean> {
  const row = await tx
    .selectFrom('account_draft')
    .select('id')
    .where('community_id', '=', communityId)
    .where('handle', '=', handle)
    .executeTakeFirst()
  return row !== undefined
}

async function hasActor(tx: Transaction, { communityId, handle }: Reservation): Promise<boolean> {
  const row = await tx
    .selectFrom('actor')
    .select('id')
    .where('community_id', '=', communityId)
    .where('handle', '=', handle)
    .executeTakeFirst()
  return row !== undefined
}

async function hasAccount(tx: Transaction, { communityId, email }: Reservation): Promise<boolean> {
  const row = await tx
    .selectFrom('account')
    .select('actor_id')
    .where('community_id', '=', communityId)
    .where((eb) => eb(eb.fn('lower', ['email']), '=', email))
    .executeTakeFirst()
  return row !== undefined
}

function handleTaken(handle: Handle): HeronryError {
  return new HeronryError('InvalidRequest', `Handle already taken: ${handle}`)
}

function emailTaken(email: string): HeronryError {
  return new HeronryError('InvalidRequest', `Email already taken: ${email}`)
}

export function alreadyHosted(): HeronryError {
  return new HeronryError('AlreadyExists', 'Repo already exists')
}
