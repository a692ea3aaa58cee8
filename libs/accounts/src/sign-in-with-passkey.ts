import type { Community } from '@heronry/communities/community'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Actor } from './actor.ts'
import { auditMember } from './audit-member.ts'
import { isBarred, takenDown } from './barred.ts'
import { type Login, lockLoginToChange } from './find-login.ts'
import { noticeSignIn } from './notice-sign-in.ts'
import { insertConfirmation } from './owner-confirmation.ts'
import { countPasskeyUse } from './passkey-store.ts'
import { type ProvenPasskey, provenPasskey, refused } from './prove-passkey.ts'
import type { PasskeyDeps } from './register-passkey.ts'

export interface PasskeyAnswer {
  readonly community: Community
  /** What the browser has answered: unread. */
  readonly answer: unknown
}

/** By which program and from where, which its owner is mailed of where it is new. */
export interface PasskeySignIn extends PasskeyAnswer {
  readonly network: string
  readonly userAgent: string | undefined
}

/**
 * Whose passkey it is, for who opens a session then. No second factor is asked for: a passkey is something that its owner has, and opens it with
 * something that he knows or is. Throws `AuthenticationRequired`, and `AccountTakedown` for an account that may not log in.
 *
 * The use is counted under the account's lock: a takedown, a removed passkey or a new password is never overtaken.
 */
export async function signInWithPasskey(
  deps: PasskeyDeps,
  { community, answer, network, userAgent }: PasskeySignIn,
): Promise<Login> {
  const passkey = await provenPasskey(deps, { community, actorId: null, answer })
  return await inTransaction(deps.db, { name: 'sign in with passkey' }, async (tx) => {
    const login = await counted(tx, deps, { community, passkey })
    if (isBarred(login.actor.status)) throw takenDown()
    const at = new Date(deps.clock.now())
    await noticeSignIn(tx, { actorId: login.actor.id, login, network, userAgent, at, kind: 'passkey' })
    const act = { actor: login.actor, at, network, isMember: true, facts: { kind: 'passkey' } }
    await auditMember(tx, { event: 'signedIn', ...act })
    return login
  })
}

/** As `confirmWithPassword`, by a passkey of the account. Throws `AuthenticationRequired`. */
export async function confirmWithPasskey(
  deps: PasskeyDeps,
  { community, actor, answer }: PasskeyAnswer & { readonly actor: Actor },
): Promise<string> {
  const passkey = await provenPasskey(deps, { community, actorId: actor.id, answer })
  return await inTransaction(deps.db, { name: 'confirm owner' }, async (tx) => {
    await counted(tx, deps, { community, passkey })
    return await insertConfirmation(tx, deps, actor.id)
  })
}

async function counted(
  tx: Transaction,
  { clock }: PasskeyDeps,
  { community, passkey }: { community: Community; passkey: ProvenPasskey },
): Promise<Login> {
  const login = (await lockLoginToChange(tx, passkey.actorId))?.login
  const use = { communityId: community.id, id: passkey.id, counter: passkey.counter }
  const isAlone = await countPasskeyUse(tx, { ...use, now: new Date(clock.now()) })
  if (login === undefined || !isAlone) throw refused()
  return login
}
