import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, decodeProtectedHeader, errors, type JWTPayload } from 'jose'
import { dpopClockSkewMaxS, dpopProofAgeMaxS } from './limits.ts'

export interface VerifiedProof {
  readonly payload: JWTPayload
  readonly jkt: string
}

/**
 * A proof signed with ES256K, which is what apps on Node prefer and `jose` does not know any more; undefined for any other. Throws errors of `jose`, as
 * it would for another algorithm.
 */
export async function verifyEs256kProof(proof: string): Promise<VerifiedProof | undefined> {
  const { alg, typ, jwk, crit } = decodeProtectedHeader(proof)
  if (alg !== 'ES256K') return undefined
  if (jwk?.kty !== 'EC' || jwk.crv !== 'secp256k1' || 'd' in jwk || crit !== undefined) {
    throw new errors.JWTInvalid('a public key of secp256k1 is expected')
  }
  const [header = '', body = '', signature = ''] = proof.split('.')
  const key = importKey(jwk)
  const isRight = await verifyAsync(
    'sha256',
    Buffer.from(`${header}.${body}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!isRight) throw new errors.JWSSignatureVerificationFailed()
  const payload = readPayload(body)
  assertTimely(payload)
  if (typ !== 'dpop+jwt') throw claimFault('unexpected typ JWT header value', { payload, claim: 'typ' })
  return { payload, jkt: await calculateJwkThumbprint(jwk) }
}

const verifyAsync = promisify(verify)

function importKey(jwk: JsonWebKey) {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch (cause) {
    throw new errors.JWTInvalid('no point of secp256k1', { cause })
  }
}

function readPayload(body: string): JWTPayload {
  try {
    const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
    if (typeof payload === 'object' && payload !== null) return payload as JWTPayload
  } catch {
    // It is no JSON: told below.
  }
  throw new errors.JWTInvalid('the claims are no JSON object')
}

/** With the tolerance of other proofs; whose clock is off is told so by who catches it. */
function assertTimely(payload: JWTPayload): void {
  const { iat } = payload
  if (typeof iat !== 'number') throw claimFault('missing required iat claim', { payload, claim: 'iat' })
  const ageS = Math.floor(Date.now() / 1000) - iat
  if (ageS > dpopProofAgeMaxS + dpopClockSkewMaxS || ageS < -dpopClockSkewMaxS) {
    throw claimFault('iat claim timestamp check failed', { payload, claim: 'iat' })
  }
}

function claimFault(message: string, { payload, claim }: { payload: JWTPayload; claim: string }) {
  return new errors.JWTClaimValidationFailed(message, payload, claim, 'check_failed')
}
