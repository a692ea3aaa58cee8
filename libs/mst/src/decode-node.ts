import type { Digest } from '@heronry/core/cid'
import { childLo, type Entries, unloadedNode } from './tree-node.ts'

/**
 * Reads the bytes of a node that stands at (layer, lo); its children are not loaded. Throws for anything but the one form that
 * encode-node.ts writes. Values are views into `bytes`.
 */
export function decodeEntries(bytes: Uint8Array, { layer, lo }: { layer: number; lo: string }): Entries {
  const { keys, values, links } = decodeNode(bytes)
  const entries: Entries = { keys, values, children: [] }
  for (const [slot, digest] of links.entries()) {
    entries.children.push(
      digest === null ? null : unloadedNode(layer - 1, childLo(entries, lo, slot), digest),
    )
  }
  return entries
}

/** What stands in a node: `links[i]` is the subtree before `keys[i]`, the last one that behind all keys. */
export interface DecodedNode {
  readonly keys: readonly string[]
  readonly values: readonly Digest[]
  readonly links: readonly (Digest | null)[]
}

/** As `decodeEntries`, of a node whose position does not matter. */
export function decodeNode(bytes: Uint8Array): DecodedNode {
  const reader = new NodeReader(bytes)
  reader.expect(nodeStart)
  const count = reader.head(0x80)
  const keys: string[] = []
  const values: Digest[] = []
  const links: (Digest | null)[] = [null]
  let before = ''
  for (let index = 0; index < count; index++) {
    reader.expect(keyField)
    const rest = reader.text(reader.head(0x40))
    reader.expect(prefixField)
    const shared = reader.head(0)
    // As much is shared as there is to share.
    const isShared = shared <= before.length && rest.charCodeAt(0) !== before.charCodeAt(shared)
    if (!isShared) throw new Error('Not a tree node')
    const key = shared === 0 ? rest : before.slice(0, shared) + rest
    if (key <= before) throw new Error('The keys of a tree node do not ascend')
    reader.expect(subtreeField)
    links.push(reader.link())
    reader.expect(valueField)
    keys.push(key)
    values.push(required(reader.link()))
    before = key
  }
  reader.expect(leftField)
  links[0] = reader.link()
  reader.end()
  return { keys, values, links }
}

function required(value: Digest | null): Digest {
  if (value === null) throw new Error('A key of a tree node has no value')
  return value
}

const nodeStart = Uint8Array.of(0xa2, 0x61, 0x65)
const keyField = Uint8Array.of(0xa4, 0x61, 0x6b)
const prefixField = Uint8Array.of(0x61, 0x70)
const subtreeField = Uint8Array.of(0x61, 0x74)
const valueField = Uint8Array.of(0x61, 0x76)
const leftField = Uint8Array.of(0x61, 0x6c)

/** Bytes of the arguments of 24, 25 and 26, and the least value that has no shorter form. */
const argumentWidths = [1, 2, 4]
const shortestValues = [24, 256, 65_536]

class NodeReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  expect(expected: Uint8Array): void {
    for (let index = 0; index < expected.length; index++) {
      if (this.#bytes[this.#at + index] !== expected[index]) throw new Error('Not a tree node')
    }
    this.#at += expected.length
  }

  /** The argument of a CBOR head of the given major type. */
  head(major: number): number {
    const head = (this.#bytes[this.#at++] ?? 0xff) ^ major
    if (head < 24) return head
    const width = argumentWidths[head - 24]
    if (width === undefined || this.#at + width > this.#bytes.length) throw new Error('Not a tree node')
    const value = this.#bytes.readUIntBE(this.#at, width)
    if (value < (shortestValues[head - 24] as number)) throw new Error('Not a tree node')
    this.#at += width
    return value
  }

  text(length: number): string {
    const text = this.#bytes.toString('latin1', this.#at, this.#at + length)
    this.#at += length
    return text
  }

  link(): Digest | null {
    if (this.#bytes[this.#at] === 0xf6) {
      this.#at++
      return null
    }
    // Tag 42, 37 bytes, the identity multibase, CIDv1, dag-cbor, sha-256, 32 bytes.
    const isLink =
      this.#bytes.readUInt32BE(this.#at) === 0xd82a5825 &&
      this.#bytes.readUInt32BE(this.#at + 4) === 0x00017112 &&
      this.#bytes[this.#at + 8] === 32
    if (!isLink || this.#at + 41 > this.#bytes.length) throw new Error('Not a tree node')
    const digest = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at + 9, 32)
    this.#at += 41
    return digest as Digest
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Error('A tree node has trailing bytes')
  }
}
