import { InvalidDpopProofError, UseDpopNonceError } from '@atproto/oauth-provider/errors'
import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWTPayload, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import type { DpopNonces } from './dpop-nonces.ts'
import { type VerifiedProof, verifyEs256kProof } from './es256k-proof.ts'
import { dpopClockSkewMaxS, dpopProofAgeMaxS, dpopProofLengthMax, proofKeysMax } from './limits.ts'

/** A request as a proof must describe it. */
export interface ProvenRequest {
  readonly method: string
  /** With its origin as the world knows it; a query may be there. */
  readonly url: string
  /** The access token's SHA-256, as base64url. */
  readonly tokenHash: string
}

export interface DpopProof {
  /** The thumbprint of the key that signed it. */
  readonly jkt: string
  readonly jti: string
}

export type ProofVerifier = (proof: string | undefined, request: ProvenRequest) => Promise<DpopProof>

/**
 * Verifies proofs of possession (RFC 9449, 4.3): each time, for each is another. A key is imported once and remembered: clients keep theirs
 * as long as a session lasts.
 *
 * Throws `invalid_dpop_proof` and `use_dpop_nonce`, in this order of what is wrong: signature and clock, method and URL, nonce, token.
 */
export function createProofVerifier({ nonces }: { nonces: Pick<DpopNonces, 'check'> }): ProofVerifier {
  const keyOf = rememberedKeys()
  return async (proof, request) => {
    if (proof === undefined || proof === '') throw new InvalidDpopProofError('DPoP proof required')
    if (proof.length > dpopProofLengthMax) throw new InvalidDpopProofError('DPoP proof too long')
    const { payload, jkt } = await verified(proof, keyOf).catch((error: unknown) => {
      throw proofFault(error)
    })
    const jti = assertDescribes(payload, request)
    assertNonce(payload['nonce'], nonces)
    if (payload['ath'] !== request.tokenHash) throw new InvalidDpopProofError('DPoP ath mismatch')
    return { jkt, jti }
  }
}

async function verified(proof: string, keyOf: typeof EmbeddedJWK): Promise<VerifiedProof> {
  const known = await verifyEs256kProof(proof)
  if (known !== undefined) return known
  const { payload, key } = await jwtVerify(proof, keyOf, {
    typ: 'dpop+jwt',
    maxTokenAge: dpopProofAgeMaxS,
    clockTolerance: dpopClockSkewMaxS,
  })
  return { payload, jkt: thumbprints.get(key) ?? '' }
}

type VerificationKey = Awaited<ReturnType<typeof EmbeddedJWK>>

/** Of keys that were imported here. */
const thumbprints = new WeakMap<object, string>()

/** The key that a proof names in its header, public or refused. */
function rememberedKeys(): typeof EmbeddedJWK {
  const keys = new LRUCache<string, VerificationKey>({ max: proofKeysMax })
  return async (header, token) => {
    const { jwk, alg } = header ?? {}
    const name = `${alg} ${JSON.stringify(jwk)}`
    const known = keys.get(name)
    if (known !== undefined) return known
    const key = await EmbeddedJWK(header, token)
    if (jwk !== undefined) thumbprints.set(key, await calculateJwkThumbprint(jwk))
    keys.set(name, key)
    return key
  }
}

/** Returns the proof's id. */
function assertDescribes({ jti, ...claims }: JWTPayload, { method, url }: ProvenRequest): string {
  if (typeof jti !== 'string' || jti === '') throw new InvalidDpopProofError('DPoP jti missing')
  if (claims['htm'] !== method) throw new InvalidDpopProofError('DPoP htm mismatch')
  if (!isSameResource(claims['htu'], url)) throw new InvalidDpopProofError('DPoP htu mismatch')
  return jti
}

/** By origin and path: a query is no part of `htu`, though some clients leave it there. */
function isSameResource(htu: unknown, url: string): boolean {
  if (typeof htu !== 'string') return false
  if (htu === url) return true
  if (!URL.canParse(htu)) return false
  const [claimed, asked] = [new URL(htu), new URL(url)]
  if (claimed.username !== '' || claimed.password !== '') return false
  return claimed.origin === asked.origin && claimed.pathname === asked.pathname
}

function assertNonce(nonce: unknown, nonces: Pick<DpopNonces, 'check'>): void {
  if (nonce !== undefined && typeof nonce !== 'string') throw new InvalidDpopProofError('Invalid DPoP nonce')
  if (!nonce) throw new UseDpopNonceError('Resource server requires nonce in DPoP proof')
  if (!nonces.check(nonce)) throw new UseDpopNonceError('DPoP nonce mismatch')
}

/** A clock that is off looks to its owner like a broken login: it is told what it is. */
function proofFault(error: unknown): InvalidDpopProofError {
  const { claim, payload } = (error ?? {}) as { claim?: unknown; payload?: JWTPayload }
  if (error instanceof errors.JOSEError && claim === 'iat' && typeof payload?.iat === 'number') {
    const aheadS = Math.round(payload.iat - Date.now() / 1000)
    const off = `${Math.abs(aheadS)} seconds ${aheadS > 0 ? 'ahead' : 'behind'}`
    return new InvalidDpopProofError(`The clock of this device is off: it is ${off}`, error)
  }
  const reason = error instanceof errors.JOSEError ? `: ${error.message.replaceAll('"', '')}` : ''
  return new InvalidDpopProofError(`Failed to verify DPoP proof${reason}`, error)
}
