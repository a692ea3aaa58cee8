import { base58 } from '@scure/base'

/** `did:key:z`: the method and the multibase prefix of base58btc. */
const prefix = 'did:key:z'
/** Longer than any key of 33 bytes: text that a stranger sent is not decoded beyond it. */
const lengthMax = 100
/** Multicodec secp256k1-pub, as a varint. */
const secp256k1Codec = Uint8Array.of(0xe7, 0x01)

/** A compressed secp256k1 public key (33 bytes) as a did:key (https://atproto.com/specs/cryptography). */
export function didKeyOf(publicKey: Uint8Array): string {
  const bytes = new Uint8Array(secp256k1Codec.length + publicKey.length)
  bytes.set(secp256k1Codec)
  bytes.set(publicKey, secp256k1Codec.length)
  return prefix + base58.encode(bytes)
}

/** The 33 bytes of a secp256k1 did:key; null for another curve or what is no did:key. */
export function publicKeyOfDidKey(didKey: string): Uint8Array | null {
  if (!didKey.startsWith(prefix) || didKey.length > lengthMax) return null
  const bytes = decoded(didKey.slice(prefix.length))
  if (bytes?.length !== 35) return null
  return bytes[0] === secp256k1Codec[0] && bytes[1] === secp256k1Codec[1] ? bytes.subarray(2) : null
}

function decoded(text: string): Uint8Array | null {
  try {
    return base58.decode(text)
  } catch {
    return null
  }
}
