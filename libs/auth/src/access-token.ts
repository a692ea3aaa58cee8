import { InvalidTokenError } from '@atproto/oauth-provider/errors'
import type { Community } from '@heronry/communities/community'
import { type Did, isDid } from '@heronry/core/did'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { verifiedTokensMax } from './limits.ts'

/** An access token of an app: what it may do stands in its session's row, not in it. */
export interface AccessToken {
  /** `jti`: the session's row has it as long as the token counts. */
  readonly id: string
  readonly did: Did
  /** The thumbprint of the key that its holder must prove to have. */
  readonly jkt: string
}

export type AccessTokenVerifier = (
  token: string,
  at: { readonly hash: string; readonly community: Pick<Community, 'publicUrl' | 'serviceDid'> },
) => Promise<AccessToken>

/**
 * Verifies access tokens that a community's provider has issued: ES256 under one of the house's published keys, by its issuer, for its
 * service. A signature that was verified once is not verified again (token.ts says why); issuer, audience and expiry are looked at every time.
 */
export function createAccessTokenVerifier(keys: JWTVerifyGetKey): AccessTokenVerifier {
  const verified = new LRUCache<string, VerifiedToken>({ max: verifiedTokensMax })
  return async (token, { hash, community }) => {
    const { publicUrl: issuer, serviceDid: audience } = community
    const known = verified.get(hash)
    if (known !== undefined && holds(known.payload, { issuer, audience })) return known.token
    const options = { typ: 'at+jwt', issuer, audience, algorithms: ['ES256'], requiredClaims: ['exp'] }
    const { payload } = await jwtVerify(token, keys, options).catch((error: unknown) => {
      throw invalidToken(error instanceof errors.JOSEError ? error.message : 'Token could not be verified')
    })
    const fresh = { token: accessToken(payload), payload }
    verified.set(hash, fresh)
    return fresh.token
  }
}

interface VerifiedToken {
  readonly token: AccessToken
  readonly payload: JWTPayload
}

function holds({ iss, aud, exp }: JWTPayload, expected: { issuer: string; audience: string }): boolean {
  return iss === expected.issuer && aud === expected.audience && exp !== undefined && exp * 1000 > Date.now()
}

function accessToken({ jti, sub, cnf }: JWTPayload): AccessToken {
  const { jkt } = (cnf ?? {}) as { jkt?: unknown }
  if (typeof jkt !== 'string') throw invalidToken('Access token is not bound to a key')
  if (jti === undefined || sub === undefined || !isDid(sub)) throw invalidToken('Malformed token')
  return { id: jti, did: sub, jkt }
}

/** Without quotes: the challenge that it becomes leaves out what has one. */
export function invalidToken(description: string): InvalidTokenError {
  return new InvalidTokenError('DPoP', description.replaceAll('"', ''))
}
