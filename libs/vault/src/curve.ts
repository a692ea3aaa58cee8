/** The operations on secp256k1 that an implementation gives. All keys and signatures are raw bytes. */
export interface Curve {
  readonly name: 'native' | 'noble'
  /** 33 bytes, compressed. Throws for what is no private key. */
  publicKeyOf(privateKey: Uint8Array): Uint8Array
  isPrivateKey(bytes: Uint8Array): boolean
  /** Signs a 32-byte digest, deterministically (RFC 6979): 64 bytes, compact, low-S. */
  sign(digest: Uint8Array, privateKey: Uint8Array): Uint8Array
  /** False for a high-S signature, a malformed one or a malformed key; never throws. */
  verify(digest: Uint8Array, { publicKey, signature }: VerifyInput): boolean
}

interface VerifyInput {
  publicKey: Uint8Array
  signature: Uint8Array
}
