import type { Community } from '@heronry/communities/community'
import type { Clock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { invalidHandle } from '@heronry/core/handle'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { generateRegistrationOptions } from '@simplewebauthn/server'
import type { Actor } from './actor.ts'
import { changeConfirmed } from './change-as-owner.ts'
import { lockLoginToChange } from './find-login.ts'
import { passkeyChallengeTtlMs, passkeyNameLengthMax, passkeysMax } from './limits.ts'
import { notify } from './notify.ts'
import { issuePasskeyChallenge, passkeyPurposes, spendPasskeyChallenge } from './passkey-challenge.ts'
import { insertPasskey, listPasskeys, type Passkey } from './passkey-store.ts'
import { challengeOf, passkeyAlgorithms, readNewCredential } from './read-new-credential.ts'
import { relyingParty, userHandle } from './relying-party.ts'

export interface PasskeyDeps {
  readonly db: Database
  readonly clock: Clock
}

export interface PasskeyOwner {
  readonly community: Community
  readonly actor: Actor
}

/**
 * What a browser is to make a passkey of (`navigator.credentials.create`), for who has shown to be the owner. Throws
 * `AuthenticationRequired`, and `InvalidRequest` for one passkey too many.
 */
export async function beginPasskey(
  deps: PasskeyDeps,
  { community, actor, confirmation }: PasskeyOwner & { readonly confirmation: string },
) {
  const { rpId, name } = relyingParty(community)
  const own = await changeConfirmed(deps, { actor, confirmation }, (tx) => listPasskeys(tx, actor.id))
  if (own.length >= passkeysMax) throw tooMany()
  return await generateRegistrationOptions({
    rpID: rpId,
    rpName: name,
    userID: userHandle(actor),
    userName: actor.handle ?? invalidHandle,
    userDisplayName: actor.handle ?? invalidHandle,
    challenge: Buffer.from(
      await issuePasskeyChallenge(deps.db, slot(deps, { community, actor })),
      'base64url',
    ),
    timeout: passkeyChallengeTtlMs,
    attestationType: 'none',
    supportedAlgorithmIDs: [...passkeyAlgorithms],
    // The same authenticator twice is of no use, and browsers say so before it is asked.
    excludeCredentials: own.map(({ id, transports }) => ({ id, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
}

export interface PasskeyRegistration extends PasskeyOwner {
  readonly name: string
  /** What the browser has answered: unread. */
  readonly answer: unknown
}

/**
 * Stores the passkey that was begun (its challenge shows that the owner has begun it), and tells its owner by mail. Throws `InvalidRequest` for an
 * answer that does not hold, a name without letters or too long, or one passkey too many; `AlreadyExists` for one that is known.
 */
export async function registerPasskey(
  deps: PasskeyDeps,
  { community, actor, name, answer }: PasskeyRegistration,
): Promise<Passkey> {
  const label = passkeyName(name)
  const challenge = challengeOf(answer)
  if (!(await spendPasskeyChallenge(deps.db, { ...slot(deps, { community, actor }), challenge })))
    throw tooLate()
  const credential = await readNewCredential(answer, { ...relyingParty(community), challenge })
  const createdAt = new Date(deps.clock.now())
  const passkey = { ...credential, actorId: actor.id, communityId: community.id, name: label, createdAt }
  await inTransaction(deps.db, { name: 'register passkey' }, async (tx) => {
    const login = (await lockLoginToChange(tx, actor.id))?.login
    if (login === undefined) throw new HeronryError('AccountNotFound', 'Account not found')
    if ((await listPasskeys(tx, actor.id)).length >= passkeysMax) throw tooMany()
    if (!(await insertPasskey(tx, passkey))) {
      throw new HeronryError('AlreadyExists', 'This passkey is known already')
    }
    await notify(tx, { login, template: 'passkey-added', values: { name: label }, at: createdAt })
  })
  return { id: passkey.id, name: label, createdAt, usedAt: null }
}

/** Throws `InvalidRequest`. */
export function passkeyName(name: string): string {
  const trimmed = name.trim()
  if (trimmed !== '' && trimmed.length <= passkeyNameLengthMax) return trimmed
  throw invalid(`The name of a passkey has 1 to ${passkeyNameLengthMax} characters`)
}

function slot({ clock }: PasskeyDeps, { community, actor }: PasskeyOwner) {
  const now = new Date(clock.now())
  return { communityId: community.id, actorId: actor.id, purpose: passkeyPurposes.register, now }
}

function tooMany(): HeronryError {
  return invalid(`An account has at most ${passkeysMax} passkeys: remove one first`)
}

function tooLate(): HeronryError {
  return invalid('That took too long, or was answered before. Please try again.')
}

function invalid(message: string): HeronryError {
  return new HeronryError('InvalidRequest', message)
}
