import { secp256k1 } from '@noble/curves/secp256k1.js'
import type { Curve } from './curve.ts'

/** The same in JavaScript, about 20 times slower: for machines without the addon. */
export function nobleCurve(): Curve {
  return {
    name: 'noble',
    publicKeyOf: (privateKey) => secp256k1.getPublicKey(privateKey, true),
    isPrivateKey: (bytes) => secp256k1.utils.isValidSecretKey(bytes),
    sign: (digest, privateKey) => secp256k1.sign(digest, privateKey, { prehash: false, lowS: true }),
    verify(digest, { publicKey, signature }) {
      try {
        return secp256k1.verify(signature, digest, publicKey, { prehash: false, lowS: true })
      } catch {
        return false // Bytes that are no key or no signature.
      }
    },
  }
}
