import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto'
import { tokenKeyKeptMs } from './limits.ts'

/** One of HERONRY_TOKEN_KEYS. `retired`: when it stopped signing, in seconds since 1970; a JWK may say more than its reader knows. */
export interface TokenKey extends JsonWebKey {
  readonly kid: string
  readonly retired?: number
}

export interface Rotated {
  readonly keys: readonly TokenKey[]
  /** Of the keys that were let go: nothing lives any more that they have signed. */
  readonly dropped: readonly string[]
}

/** A new key that signs from now on; those before verify what they have signed, as long as it lives. */
export function rotateTokenKeys(keys: readonly TokenKey[], now = Date.now()): Rotated {
  const retired = Math.floor(now / 1000)
  const before = keys.map((key, index) =>
    index === 0 ? { ...key, retired } : { ...key, retired: key.retired ?? retired },
  )
  const isLive = (key: { retired: number }) => key.retired * 1000 + tokenKeyKeptMs > now
  return {
    keys: [newTokenKey(), ...before.filter(isLive)],
    dropped: before.filter((key) => !isLive(key)).map(({ kid }) => kid),
  }
}

/** HERONRY_TOKEN_JWKS: what verifies. */
export function publicTokenKeys(keys: readonly TokenKey[]): readonly JsonWebKey[] {
  return keys.map(
    ({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }) as JsonWebKey,
  )
}

function newTokenKey(): TokenKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = randomBytes(8).toString('hex')
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } as TokenKey
}
