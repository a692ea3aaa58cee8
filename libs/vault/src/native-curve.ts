import { createRequire } from 'node:module'
import type * as Secp256k1 from 'secp256k1'
import type { Curve } from './curve.ts'

/**
 * libsecp256k1 as an N-API addon, prebuilt in its package; throws where no prebuilt file fits the machine. The package's
 * own entry would fall back to `elliptic` silently: so the bindings are asked for by name.
 */
export function nativeCurve(): Curve {
  const secp256k1 = createRequire(import.meta.url)('secp256k1/bindings.js') as typeof Secp256k1
  return {
    name: 'native',
    publicKeyOf: (privateKey) => secp256k1.publicKeyCreate(privateKey, true),
    isPrivateKey: (bytes) => bytes.length === 32 && secp256k1.privateKeyVerify(bytes),
    sign: (digest, privateKey) => secp256k1.ecdsaSign(digest, privateKey).signature,
    verify(digest, { publicKey, signature }) {
      try {
        return secp256k1.ecdsaVerify(signature, digest, publicKey)
      } catch {
        return false // The addon throws for bytes that are no key or no signature.
      }
    },
  }
}
