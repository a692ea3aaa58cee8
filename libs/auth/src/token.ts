import { hash } from 'node:crypto'
import { appPasswordClaim } from '@heronry/accounts/tokens'
import type { LegacySessions } from '@heronry/communities/community'
import { type Did, isDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { isSharedSecretToken, verifyLegacyToken } from './legacy-token.ts'
import { verifiedTokensMax } from './limits.ts'
import { tokenRefusal } from './token-refusal.ts'

export interface TokenExpectation {
  readonly typ: 'at+jwt' | 'refresh+jwt'
  /** The service DID of the community that was asked. */
  readonly audience: Did
  /** Set for a community that was imported with its sessions. */
  readonly legacy?: LegacySessions | undefined
  /** A log-out must work although the token has run out. */
  readonly acceptExpired?: boolean
}

export interface SessionToken {
  readonly did: Did
  readonly scope: string
  readonly id: string | undefined
  /** Milliseconds; 0 where it does not say. */
  readonly issuedAt: number
  /** The app password that an access token was issued for. */
  readonly appPasswordId: bigint | undefined
}

export type TokenVerifier = (token: string, expectation: TokenExpectation) => Promise<SessionToken>

/**
 * Verifies session tokens of this house: ES256 under one of the published keys, of the expected
 * type and audience; and of an imported community, those of the server that it came from (legacy-token.ts). A service token (`lxm`) or a
 * bound one (`cnf`) is no session token, whoever signed it.
 *
 * A signature that was verified once is not verified again: what it signs does not change, and `keys` are the process's own. Expiry, type
 * and audience are looked at every time. Tokens are remembered by their digest.
 */
export function createTokenVerifier(
  keys: JWTVerifyGetKey,
  { tokensMax = verifiedTokensMax }: { tokensMax?: number } = {},
): TokenVerifier {
  const verified = new LRUCache<string, VerifiedToken>({ max: tokensMax })
  return async (token, expectation) => {
    const digest = hash('sha256', token, 'base64')
    const known = verified.get(digest)
    if (known !== undefined && holds(known, expectation)) return known.token
    // Whatever may be wrong with it is for the library to say.
    if (expectation.legacy !== undefined && isSharedSecretToken(token)) {
      return sessionToken(await verifyLegacyToken(token, { ...expectation, legacy: expectation.legacy }))
    }
    const { payload, protectedHeader } = await verify(keys, token, expectation)
    const fresh = { token: sessionToken(payload), typ: protectedHeader.typ, payload }
    verified.set(digest, fresh)
    return fresh.token
  }
}

interface VerifiedToken {
  readonly token: SessionToken
  readonly typ: string | undefined
  readonly payload: JWTPayload
}

/** Only for a token with one audience and an end, as the house issues them. */
function holds({ typ, payload }: VerifiedToken, expected: TokenExpectation): boolean {
  if (typ !== expected.typ || payload.aud !== expected.audience || payload.exp === undefined) return false
  return expected.acceptExpired === true || payload.exp * 1000 > Date.now()
}

function verify(keys: JWTVerifyGetKey, token: string, expectation: TokenExpectation) {
  const { typ, audience, acceptExpired = false } = expectation
  const currentDate = acceptExpired ? new Date(0) : new Date()
  return jwtVerify(token, keys, { typ, audience, currentDate, algorithms: ['ES256'] }).catch(
    (cause: unknown) => {
      throw tokenRefusal(cause)
    },
  )
}

function sessionToken({ sub, scope, jti, iat = 0, ...claims }: JWTPayload): SessionToken {
  if ('lxm' in claims || 'cnf' in claims || sub === undefined || !isDid(sub) || typeof scope !== 'string') {
    throw new HeronryError('InvalidToken', 'Malformed token')
  }
  const app = claims[appPasswordClaim]
  const appPasswordId = typeof app === 'string' && /^\d{1,18}$/.test(app) ? BigInt(app) : undefined
  return { did: sub, scope, id: jti, issuedAt: iat * 1000, appPasswordId }
}
