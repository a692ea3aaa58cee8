import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server'
import { passkeyChallengeTtlMs } from './limits.ts'
import { issuePasskeyChallenge, passkeyPurposes, spendPasskeyChallenge } from './passkey-challenge.ts'
import { findPasskey, listPasskeys, type StoredPasskey } from './passkey-store.ts'
import { challengeOf } from './read-new-credential.ts'
import type { PasskeyDeps } from './register-passkey.ts'
import { relyingParty } from './relying-party.ts'

interface Asked {
  readonly community: Community
  /** Who is to show a passkey; null: whoever signs in. */
  readonly actorId: ActorId | null
}

/** What a browser is to ask an authenticator for (`navigator.credentials.get`): a passkey of the account, or any that it has for the community. */
export async function askForPasskey(deps: PasskeyDeps, asked: Asked) {
  const { actorId } = asked
  const own = actorId === null ? [] : await listPasskeys(deps.db, actorId)
  const challenge = await issuePasskeyChallenge(deps.db, slot(deps, asked))
  return await generateAuthenticationOptions({
    rpID: relyingParty(asked.community).rpId,
    challenge: Buffer.from(challenge, 'base64url'),
    timeout: passkeyChallengeTtlMs,
    userVerification: 'required',
    allowCredentials: own.map(({ id, transports }) => ({ id, transports: [...transports] })),
  })
}

export interface ProvenPasskey extends StoredPasskey {
  /** How often it has been used, as it says: more often than before, or it is not alone (`countPasskeyUse`). */
  readonly counter: number
}

/**
 * The passkey that has signed the challenge that was asked with, by a person that its authenticator knows. Throws `AuthenticationRequired` in the
 * same words whatever is wrong. kill -9 here → the challenge is spent, and another is asked for.
 */
export async function provenPasskey(
  deps: PasskeyDeps,
  { answer, ...asked }: Asked & { readonly answer: unknown },
): Promise<ProvenPasskey> {
  const challenge = challengeOf(answer)
  if (!(await spendPasskeyChallenge(deps.db, { ...slot(deps, asked), challenge }))) throw refused()
  const { id } = answer as AuthenticationResponseJSON
  const communityId = asked.community.id
  const passkey = typeof id === 'string' ? await findPasskey(deps.db, { communityId, id }) : undefined
  if (passkey === undefined) throw refused()
  if (asked.actorId !== null && passkey.actorId !== asked.actorId) throw refused()
  return { ...passkey, counter: await verifiedCounter(asked.community, { passkey, challenge, answer }) }
}

/** What is said of a passkey that does not hold: nobody learns whether it was known. */
export function refused(cause?: unknown): HeronryError {
  const message = 'This passkey does not sign in here, or it took too long. Please try again.'
  return new HeronryError('AuthenticationRequired', message, cause === undefined ? {} : { cause })
}

async function verifiedCounter(
  community: Community,
  { passkey, challenge, answer }: { passkey: StoredPasskey; challenge: string; answer: unknown },
): Promise<number> {
  const { rpId, origin } = relyingParty(community)
  const { id, publicKey, counter } = passkey
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential: { id, publicKey: new Uint8Array(publicKey), counter },
      requireUserVerification: true,
    })
    if (!verified) throw new RangeError('The signature does not hold')
    return authenticationInfo.newCounter
  } catch (cause) {
    throw refused(cause)
  }
}

function slot({ clock }: PasskeyDeps, { community, actorId }: Asked) {
  const purpose = actorId === null ? passkeyPurposes.signIn : passkeyPurposes.confirm
  return { communityId: community.id, actorId, purpose, now: new Date(clock.now()) }
}
