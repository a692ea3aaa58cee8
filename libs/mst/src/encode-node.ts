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
  const parts: Uint8Array[] = [Uint8Array.of(0xa2, 0x61, 0x65), header(0x80, keys.length)]
  let previous = ''
  for (const [index, key] of keys.entries()) {
    const shared = sharedLength(previous, key)
    const rest = Buffer.from(key.slice(shared), 'latin1')
    parts.push(keyField, header(0x40, rest.length), rest, prefixField, header(0, shared), subtreeField)
    parts.push(link(children[index + 1]?.digest), valueField, link(values[index]))
    previous = key
  }
  parts.push(leftField, link(children[0]?.digest))
  return Buffer.concat(parts)
}

const keyField = Uint8Array.of(0xa4, 0x61, 0x6b)
const prefixField = Uint8Array.of(0x61, 0x70)
const subtreeField = Uint8Array.of(0x61, 0x74)
const valueField = Uint8Array.of(0x61, 0x76)
const leftField = Uint8Array.of(0x61, 0x6c)
const nothing = Uint8Array.of(0xf6)

function link(digest: Digest | null | undefined): Uint8Array {
  if (digest === null || digest === undefined) return nothing
  const bytes = new Uint8Array(41)
  bytes.set([0xd8, 0x2a, 0x58, 37, 0])
  bytes.set(cidBytes(digest), 5)
  return bytes
}

/** Shortest form of a CBOR head; `value` stays below 65,536 by the limits of keys and nodes, or by those of an import. */
function header(major: number, value: number): Uint8Array {
  if (value < 24) return Uint8Array.of(major | value)
  if (value < 256) return Uint8Array.of(major | 24, value)
  if (value < 65_536) return Uint8Array.of(major | 25, value >> 8, value & 255)
  return Uint8Array.of(major | 26, value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255)
}

function sharedLength(left: string, right: string): number {
  let length = 0
  while (length < left.length && left.charCodeAt(length) === right.charCodeAt(length)) length++
  return length
}
