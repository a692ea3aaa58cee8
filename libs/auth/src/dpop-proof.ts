import { InvalidDpopProofError, UseDpopNonceError } from '@atproto/oauth-provider/errors'
import type { DpopNonces } from './dpop-nonces.ts'
import { dpopClockSkewMaxS, dpopProofAgeMaxS } from './limits.ts'
import { createSignatureReader, type SignedProof } from './proof-signature.ts'

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

type Claims = SignedProof['claims']

/**
 * Verifies proofs of possession (RFC 9449, 4.3): each time, for each is another.
 *
 * Throws `invalid_dpop_proof` and `use_dpop_nonce`, in this order of what is wrong: signature, clock, method and URL, nonce, token.
 */
export function createProofVerifier({ nonces }: { nonces: Pick<DpopNonces, 'check'> }): ProofVerifier {
  const readSigned = createSignatureReader()
  return async (proof, request) => {
    if (proof === undefined || proof === '') throw new InvalidDpopProofError('DPoP proof required')
    const { claims, jkt } = await readSigned(proof)
    assertClock(claims)
    const jti = assertDescribes(claims, request)
    assertNonce(claims, nonces)
    if (claims['ath'] !== request.tokenHash) throw new InvalidDpopProofError('DPoP ath mismatch')
    return { jkt, jti }
  }
}

/** A clock that is off looks to its owner like a broken login: it is told what it is. */
function assertClock({ iat }: Claims): void {
  if (typeof iat !== 'number') throw new InvalidDpopProofError('DPoP iat missing')
  const aheadS = Math.round(iat - Date.now() / 1000)
  if (aheadS <= dpopClockSkewMaxS && -aheadS <= dpopClockSkewMaxS + dpopProofAgeMaxS) return
  const off = `${Math.abs(aheadS)} seconds ${aheadS > 0 ? 'ahead' : 'behind'}`
  throw new InvalidDpopProofError(`The clock of this device is off: it is ${off}`)
}

/** Returns the proof's id. */
function assertDescribes({ jti, htm, htu }: Claims, { method, url }: ProvenRequest): string {
  if (typeof jti !== 'string' || jti === '') throw new InvalidDpopProofError('DPoP jti missing')
  if (htm !== method) throw new InvalidDpopProofError('DPoP htm mismatch')
  if (!isSameResource(htu, url)) throw new InvalidDpopProofError('DPoP htu mismatch')
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

function assertNonce({ nonce }: Claims, nonces: Pick<DpopNonces, 'check'>): void {
  if (nonce !== undefined && typeof nonce !== 'string') throw new InvalidDpopProofError('Invalid DPoP nonce')
  if (!nonce) throw new UseDpopNonceError('Resource server requires nonce in DPoP proof')
  if (!nonces.check(nonce)) throw new UseDpopNonceError('DPoP nonce mismatch')
}
