import { cidBytes, type Digest, sha256 } from '@heronry/core/cid'
import { type Entries, loaded, type TreeNode } from './tree-node.ts'

/** Fills in the bytes and digests of a node and of everything below it that has none. Returns the node's digest. */
export function encodeTree(node: TreeNode): Digest {
  if (node.digest !== null) return node.digest
  const entries = loaded(node)
  for (const child of entries.children) if (child !== null) encodeTree(child)
  node.bytes = encodeEntries(entries)
  node.digest = sha256(node.bytes)
  return node.digest
}

/**
 * DRISL of `{ e: [{ k, p, t, v }], l }` (https://atproto.com/specs/repository#mst-structure): `p` characters of the key before are
 * shared, `k` is the rest, `v` the value's CID, `t` the subtree after it, `l` the leftmost subtree. Children must be encoded.
 */
export function encodeEntries({ keys, values, children }: Entries): Uint8Array {
  const node = Buffer.allocUnsafe(sizeBound(keys))
  let at = put(node, 0, nodeStart)
  at = putHead(node, at, { major: 0x80, value: keys.length })
  let previous = ''
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string
    const shared = sharedLength(previous, key)
    at = put(node, at, keyField)
    at = putHead(node, at, { major: 0x40, value: key.length - shared })
    at += node.write(shared === 0 ? key : key.slice(shared), at, 'latin1')
    at = put(node, at, prefixField)
    at = putHead(node, at, { major: 0, value: shared })
    at = putLink(node, put(node, at, subtreeField), children[index + 1]?.digest)
    at = putLink(node, put(node, at, valueField), values[index])
    previous = key
  }
  at = putLink(node, put(node, at, leftField), children[0]?.digest)
  return Buffer.from(node.subarray(0, at))
}

const nodeStart = Uint8Array.of(0xa2, 0x61, 0x65)
const keyField = Uint8Array.of(0xa4, 0x61, 0x6b)
const prefixField = Uint8Array.of(0x61, 0x70)
const subtreeField = Uint8Array.of(0x61, 0x74)
const valueField = Uint8Array.of(0x61, 0x76)
const leftField = Uint8Array.of(0x61, 0x6c)
/** A link without its digest: tag 42, 37 bytes, the identity multibase, and the CID's prefix. */
const linkStart = Uint8Array.of(
  0xd8,
  0x2a,
  0x58,
  37,
  0,
  ...cidBytes(new Uint8Array(32) as Digest).subarray(0, 4),
)
const linkBytes = linkStart.length + 32
const headBytesMax = 5

/** What surrounds the keys: two links, two heads and the names of the fields for each, and as much for the node itself. */
function sizeBound(keys: readonly string[]): number {
  let bytes = (keys.length + 1) * (2 * linkBytes + 2 * headBytesMax + 12)
  for (const key of keys) bytes += key.length
  return bytes
}

function put(node: Buffer, at: number, bytes: Uint8Array): number {
  node.set(bytes, at)
  return at + bytes.length
}

function putLink(node: Buffer, at: number, digest: Digest | null | undefined): number {
  if (digest === null || digest === undefined) {
    node[at] = 0xf6
    return at + 1
  }
  return put(node, put(node, at, linkStart), digest)
}

/** Shortest form of a CBOR head. */
function putHead(node: Buffer, at: number, { major, value }: { major: number; value: number }): number {
  if (value < 24) return node.writeUInt8(major | value, at)
  if (value < 256) return node.writeUInt16BE(((major | 24) << 8) | value, at)
  const head = node.writeUInt8(major | (value < 65_536 ? 25 : 26), at)
  return value < 65_536 ? node.writeUInt16BE(value, head) : node.writeUInt32BE(value, head)
}

function sharedLength(left: string, right: string): number {
  let length = 0
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) length++
  return length
}
