import { randomBytes } from 'node:crypto'
import { sha256 } from '@heronry/core/cid'
import type { Curve } from './curve.ts'
import { didKeyOf, publicKeyOfDidKey } from './did-key.ts'
import { nativeCurve } from './native-curve.ts'
import { nobleCurve } from './noble-curve.ts'

/** The native addon where it loads, else JavaScript; both give the same bytes. */
export const curve: Curve = preferredCurve()

export function generatePrivateKey(): Uint8Array {
  for (;;) {
    const bytes = new Uint8Array(randomBytes(32))
    if (curve.isPrivateKey(bytes)) return bytes
  }
}

/** The did:key of a private key's public half. Throws a RangeError for what is no private key. */
export function didKeyOfPrivateKey(privateKey: Uint8Array): string {
  if (!curve.isPrivateKey(privateKey)) throw new RangeError('A secp256k1 private key is expected')
  return didKeyOf(curve.publicKeyOf(privateKey))
}

/** Signs the SHA-256 of `bytes`: 64 bytes, compact, low-S (https://atproto.com/specs/cryptography). */
export function signWith(privateKey: Uint8Array, bytes: Uint8Array): Uint8Array {
  return curve.sign(sha256(bytes), privateKey)
}

/** Whether `signature` is a low-S signature over the SHA-256 of `bytes` by a secp256k1 did:key; never throws. */
export function verifySignature(
  bytes: Uint8Array,
  { didKey, signature }: { didKey: string; signature: Uint8Array },
): boolean {
  const publicKey = publicKeyOfDidKey(didKey)
  return publicKey !== null && curve.verify(sha256(bytes), { publicKey, signature })
}

function preferredCurve(): Curve {
  try {
    return nativeCurve()
  } catch {
    return nobleCurve() // No prebuilt addon for this machine: everything works without it, slower.
  }
}
