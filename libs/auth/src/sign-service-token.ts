import { randomBytes } from 'node:crypto'
import type { Did } from '@heronry/core/did'
import type { Signer } from '@heronry/vault/vault'

export interface ServiceTokenClaims {
  readonly issuer: Did
  readonly audience: string
  readonly lxm: string | undefined
  /** Seconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/**
 * An inter-service token (https://atproto.com/specs/xrpc#inter-service-authentication-jwt): ES256K, to be used once. `kid` says which of the
 * keys in the issuer's document has signed it.
 */
export function signServiceToken(signer: Signer, claims: ServiceTokenClaims): string {
  const { issuer: iss, audience: aud, lxm, issuedAt: iat, expiresAt: exp } = claims
  const jti = randomBytes(16).toString('hex')
  const text = `${encode({ typ: 'JWT', alg: 'ES256K', kid: '#atproto' })}.${encode({ iat, iss, aud, exp, lxm, jti })}`
  return `${text}.${Buffer.from(signer.sign(Buffer.from(text))).toString('base64url')}`
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
