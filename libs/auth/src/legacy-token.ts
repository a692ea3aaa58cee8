import { accessTokenTtlMs, refreshTokenTtlMs } from '@heronry/accounts/limits'
import type { LegacySessions } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import { legacySessionsTtlMs } from './limits.ts'
import { tokenExpired, tokenRefusal } from './token-refusal.ts'

export interface LegacyExpectation {
  readonly typ: 'at+jwt' | 'refresh+jwt'
  readonly audience: Did
  readonly legacy: LegacySessions
  readonly acceptExpired?: boolean
}

/** Whether a token says that it is signed with a shared secret; what makes no sense is for the verifier to refuse. */
export function isSharedSecretToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg === 'HS256'
  } catch {
    return false
  }
}

/**
 * Verifies a session token of the server that a community was imported from: HS256 with that server's secret, which signs nothing here.
 *
 * Invariant: it was issued before the cut-over, by what it says, and lives no longer than the tokens of that server did, whatever it says.
 * Nothing counts 90 days after the cut-over: whoever learns the secret then can do nothing with it.
 */
export async function verifyLegacyToken(
  token: string,
  { typ, audience, legacy, acceptExpired = false }: LegacyExpectation,
): Promise<JWTPayload> {
  const cutOver = Date.parse(legacy.cutOver)
  const now = Date.now()
  if (now >= cutOver + legacySessionsTtlMs) throw tokenExpired()
  const { payload } = await jwtVerify(token, new TextEncoder().encode(legacy.secret), {
    ...{ typ, audience, algorithms: ['HS256'] },
    currentDate: new Date(acceptExpired ? 0 : now),
  }).catch((cause: unknown) => {
    throw tokenRefusal(cause)
  })
  const { iat, exp } = payload
  if (iat === undefined || exp === undefined || iat * 1000 >= cutOver) {
    throw new HeronryError('InvalidToken', 'Token could not be verified')
  }
  const ttlMs = typ === 'at+jwt' ? accessTokenTtlMs : refreshTokenTtlMs
  if (!acceptExpired && now >= iat * 1000 + ttlMs) throw tokenExpired()
  return payload
}
