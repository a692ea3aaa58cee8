import { hash } from 'node:crypto'
import { toBase32 } from '@atcute/multibase'
import { type Cid, decodeCid, parseCid } from '@atproto/lex-data'
import type { Brand } from './brand.ts'
import { HeronryError } from './error.ts'

/**
 * The 32 bytes of a SHA-256. The CIDs of records, tree nodes and commits are always CIDv1, dag-cbor, sha-256, so the
 * digest alone is stored and compared; the CID is spelled out where it leaves the house.
 */
export type Digest = Brand<Uint8Array, 'Digest'>

/** Multicodec of what a digest names: a DRISL block, or a blob's raw bytes. */
export type CidCodec = 'drisl' | 'raw'

const drislPrefix = Uint8Array.of(1, 0x71, 0x12, 32)
const rawPrefix = Uint8Array.of(1, 0x55, 0x12, 32)

export function sha256(bytes: Uint8Array): Digest {
  return hash('sha256', bytes, 'buffer') as Uint8Array as Digest
}

/** A digest where it stands in other bytes. */
export interface DigestAt {
  readonly bytes: Uint8Array
  readonly at: number
}

/** Whether that is the digest of `hashed`. Half the cost of `sha256`, as no array is made of the hash. */
export function isDigestOf(hashed: Uint8Array, { bytes, at }: DigestAt): boolean {
  const digest = hash('sha256', hashed, 'binary')
  for (let index = 0; index < digest.length; index++) {
    if (digest.charCodeAt(index) !== bytes[at + index]) return false
  }
  return true
}

/** The 36 bytes of the CID: version, codec, multihash. */
export function cidBytes(digest: Digest, codec: CidCodec = 'drisl'): Uint8Array {
  const bytes = new Uint8Array(36)
  bytes.set(codec === 'raw' ? rawPrefix : drislPrefix)
  bytes.set(digest, 4)
  return bytes
}

export function cidOf(digest: Digest, codec: CidCodec = 'drisl'): Cid {
  return decodeCid(cidBytes(digest, codec))
}

/** In base32, as all CIDs of the protocol are written. */
export function cidString(digest: Digest, codec: CidCodec = 'drisl'): string {
  return `b${toBase32(cidBytes(digest, codec))}`
}

/** The digest of a CID of the given codec; `null` for another version, codec or hash. */
export function digestOf(cid: Cid, codec: CidCodec = 'drisl'): Digest | null {
  const expected = codec === 'raw' ? rawPrefix : drislPrefix
  const bytes = cid.bytes
  if (bytes.length !== 36 || expected.some((byte, index) => bytes[index] !== byte)) return null
  return bytes.subarray(4) as Digest
}

/** Reads the text form of a CID of the given codec; throws `InvalidRequest`. */
export function parseDigest(text: string, codec: CidCodec = 'drisl'): Digest {
  const digest = digestOf(parsed(text), codec)
  if (digest === null) {
    throw new HeronryError(
      'InvalidRequest',
      `A CIDv1 of codec ${codec === 'raw' ? 'raw' : 'dag-cbor'} is expected`,
    )
  }
  return digest
}

export function digestsEqual(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0
}

function parsed(text: string): Cid {
  try {
    return parseCid(text)
  } catch (cause) {
    throw new HeronryError('InvalidRequest', 'A CID is expected', { cause })
  }
}
