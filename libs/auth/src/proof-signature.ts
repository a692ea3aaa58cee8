import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { InvalidDpopProofError } from '@atproto/oauth-provider/errors'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { LRUCache } from 'lru-cache'
import { dpopProofLengthMax, proofKeysMax, proofRsaBitsMin } from './limits.ts'

export interface SignedProof {
  readonly claims: Readonly<Record<string, unknown>>
  /** The thumbprint of the key that signed it. */
  readonly jkt: string
}

interface ProofKey {
  readonly key: KeyObject
  readonly jkt: string
}

/**
 * Reads a proof (RFC 9449, 4.2) that is signed by the public key in its own header. Those of all algorithms that the provider takes: the
 * official client for Node prefers ES256K, which `jose` has no more. Keys are imported once: clients keep theirs as long as a session lasts.
 *
 * By Node's own crypto on this thread: a proof is another each time, and to hand it to another thread costs as much again as the rest.
 */
export function createSignatureReader(): (proof: string) => Promise<SignedProof> {
  const keys = new LRUCache<string, ProofKey>({ max: proofKeysMax })
  return async (proof) => {
    if (proof.length > dpopProofLengthMax) throw refused('too long')
    const [head = '', body = '', signature = '', ...rest] = proof.split('.')
    if (rest.length > 0) throw refused('no JWT')
    const header = parsed(head)
    if (header['typ'] !== 'dpop+jwt') throw refused('typ is not dpop+jwt')
    if ('crit' in header) throw refused('it has critical extensions')
    const algorithm = algorithms.get(header['alg'])
    if (algorithm === undefined) throw refused('its algorithm is not supported')
    const name = `${header['alg']} ${JSON.stringify(header['jwk'])}`
    const known = keys.get(name) ?? (await importKey(header['jwk'], algorithm))
    const { key, jkt } = known
    const signed = Buffer.from(`${head}.${body}`)
    const isSigned = verify(algorithm.hash, signed, { key, ...algorithm.options }, fromBase64(signature))
    if (!isSigned) throw refused('signature verification failed')
    keys.set(name, known)
    return { claims: parsed(body), jkt }
  }
}

interface Algorithm {
  readonly hash: string
  readonly options: object
  /** What it says of a key's `kty`, and of its curve where it has one. */
  readonly kty: 'EC' | 'RSA'
  readonly crv?: string
}

const elliptic = (hash: string, crv: string): Algorithm => ({
  ...{ hash, crv, kty: 'EC' },
  options: { dsaEncoding: 'ieee-p1363' },
})
const rsa = (hash: string): Algorithm => ({ hash, kty: 'RSA', options: {} })
const pss = (hash: string): Algorithm => ({
  ...{ hash, kty: 'RSA' },
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
})

/** Those of the provider's metadata (`dpop_signing_alg_values_supported`). */
const algorithms: ReadonlyMap<unknown, Algorithm> = new Map(
  Object.entries({
    ES256: elliptic('sha256', 'P-256'),
    ES256K: elliptic('sha256', 'secp256k1'),
    ES384: elliptic('sha384', 'P-384'),
    ES512: elliptic('sha512', 'P-521'),
    RS256: rsa('sha256'),
    RS384: rsa('sha384'),
    RS512: rsa('sha512'),
    PS256: pss('sha256'),
    PS384: pss('sha384'),
    PS512: pss('sha512'),
  }),
)

export const proofAlgorithms: readonly string[] = [...algorithms.keys()] as string[]

async function importKey(value: unknown, { kty, crv }: Algorithm): Promise<ProofKey> {
  const jwk = (value ?? {}) as JWK
  if (jwk.kty !== kty || (crv !== undefined && jwk.crv !== crv))
    throw refused('its key is not for its algorithm')
  if ('d' in jwk) throw refused('its key is private')
  const key = publicKey(jwk)
  if (kty === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < proofRsaBitsMin) {
    throw refused('its key is too short')
  }
  return { key, jkt: await calculateJwkThumbprint(jwk) }
}

function publicKey(jwk: JWK): KeyObject {
  try {
    return createPublicKey({ key: jwk as never, format: 'jwk' })
  } catch (cause) {
    throw refused('its key cannot be read', cause)
  }
}

function parsed(part: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(fromBase64(part).toString())
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // It is no JSON either.
  }
  throw refused('no JWT')
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text, 'base64url')
}

function refused(reason: string, cause?: unknown): InvalidDpopProofError {
  return new InvalidDpopProofError(`Failed to verify DPoP proof: ${reason}`, cause)
}
