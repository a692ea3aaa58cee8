import { hash } from 'node:crypto'
import { InvalidDpopKeyBindingError, InvalidDpopProofError } from '@atproto/oauth-provider/errors'
import { isBarred, takenDown } from '@heronry/accounts/barred'
import { findOAuthGrant, type OAuthGrant } from '@heronry/accounts/find-oauth-grant'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type AccessToken, type AccessTokenVerifier, invalidToken } from './access-token.ts'
import { asChallenge } from './as-challenge.ts'
import { checked, type SessionRequirements } from './authenticate-session.ts'
import type { CredentialRequest, OAuthCredentials } from './authenticator.ts'
import { requireAuthorization } from './authorization-header.ts'
import type { DpopProof, ProofVerifier } from './dpop-proof.ts'
import { proofReplayWindowMs } from './limits.ts'
import { oauthPermissionsOf } from './permissions.ts'
import type { Replays } from './replays.ts'

export interface OAuthDeps {
  readonly db: Database
  readonly verifyProof: ProofVerifier
  readonly verifyAccessToken: AccessTokenVerifier
  readonly replays: Pick<Replays, 'of'>
}

/**
 * An app, by an access token of the community and a proof that it holds the token's key. The token's row says what it may do, as long as it
 * is there: a token that was revoked, or is of an account that was taken down or deleted, is worth nothing from then on.
 *
 * Throws a 401 with a challenge for whatever is wrong with token or proof; `AccountTakedown` for an account that is suspended, whose sessions
 * come back; `Forbidden` where the method is none for apps; `ServiceUnavailable` without Postgres, so that no client takes its tokens for bad.
 */
export async function authenticateOAuth(
  deps: OAuthDeps,
  request: CredentialRequest,
  requirements: SessionRequirements,
): Promise<OAuthCredentials> {
  const { token, grant } = await provenGrant(deps, request).catch((error: unknown) => {
    throw asChallenge(error)
  })
  const { actor, clientId, scope } = grant
  if (isBarred(actor.status)) throw takenDown()
  if (!requirements.acceptNarrowed) throw noApps(requirements)
  const permissions = oauthPermissionsOf(scope)
  const app: OAuthCredentials = { type: 'oauth', actor, clientId, tokenId: token.id, permissions }
  return checked(app, requirements)
}

interface Proven {
  readonly token: AccessToken
  readonly grant: OAuthGrant
}

async function provenGrant(deps: OAuthDeps, request: CredentialRequest): Promise<Proven> {
  const { community, message } = request
  const { credentials } = requireAuthorization(request.authorization)
  const tokenHash = hash('sha256', credentials, 'base64url')
  // The token first: it was seen before, and nobody without one makes us verify a proof.
  const token = await deps.verifyAccessToken(credentials, { hash: tokenHash, community })
  const proof = await deps.verifyProof(message.headers['dpop'] as string | undefined, {
    method: message.method ?? '',
    url: `${community.publicUrl}${message.url ?? ''}`,
    tokenHash,
  })
  if (token.jkt !== proof.jkt) throw new InvalidDpopKeyBindingError()
  const [grant] = await Promise.all([
    grantOf(deps.db, { communityId: community.id, token }),
    assertFirstUse(deps.replays, { communityId: community.id, proof }),
  ])
  return { token, grant }
}

async function grantOf(
  db: Database,
  { communityId, token }: { communityId: CommunityId; token: AccessToken },
): Promise<OAuthGrant> {
  const grant = await findOAuthGrant(db, { communityId, tokenId: token.id }).catch((cause: unknown) => {
    throw new HeronryError('ServiceUnavailable', 'Please try again in a moment', { cause })
  })
  if (grant === undefined || grant.actor.did !== token.did || grant.jkt !== token.jkt) {
    throw invalidToken('Token has been revoked')
  }
  if (grant.expiresAt.getTime() <= Date.now()) throw invalidToken('Token has expired')
  return grant
}

/** A proof counts once: its id, of that key. */
async function assertFirstUse(
  replays: Pick<Replays, 'of'>,
  { communityId, proof }: { communityId: CommunityId; proof: DpopProof },
): Promise<void> {
  const id = `${proof.jkt} ${proof.jti}`
  if (await replays.of(communityId).unique('DPoP', id, proofReplayWindowMs)) return
  throw new InvalidDpopProofError('DPoP proof replayed')
}

function noApps({ oauthRefusal }: SessionRequirements): HeronryError {
  return new HeronryError(
    'Forbidden',
    oauthRefusal ?? 'OAuth credentials are not supported for this endpoint',
  )
}
