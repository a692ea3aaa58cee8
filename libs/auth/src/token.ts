import { type Did, isDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

export interface TokenExpectation {
  readonly typ: 'at+jwt' | 'refresh+jwt'
  /** The service DID of the community that was asked. */
  readonly audience: Did
  /** A log-out must work although the token has run out. */
  readonly acceptExpired?: boolean
}

export interface SessionToken {
  readonly did: Did
  readonly scope: string
  readonly id: string | undefined
}

/**
 * Verifies a session token of this house: ES256 under one of the published keys, of the expected
 * type and audience. A service token (`lxm`) or a bound one (`cnf`) is no session token, whoever signed it.
 */
export async function verifySessionToken(
  keys: JWTVerifyGetKey,
  token: string,
  { typ, audience, acceptExpired = false }: TokenExpectation,
): Promise<SessionToken> {
  const currentDate = acceptExpired ? new Date(0) : new Date()
  const { payload } = await jwtVerify(token, keys, {
    typ,
    audience,
    currentDate,
    algorithms: ['ES256'],
  }).catch((cause: unknown) => {
    throw refusal(cause)
  })
  return sessionToken(payload)
}

function sessionToken({ sub, scope, jti, ...claims }: JWTPayload): SessionToken {
  if ('lxm' in claims || 'cnf' in claims || sub === undefined || !isDid(sub) || typeof scope !== 'string') {
    throw new HeronryError('InvalidToken', 'Malformed token')
  }
  return { did: sub, scope, id: jti }
}

function refusal(cause: unknown): HeronryError {
  if (cause instanceof errors.JWTExpired) {
    return new HeronryError('ExpiredToken', 'Token has expired', { cause })
  }
  return new HeronryError('InvalidToken', 'Token could not be verified', { cause })
}
