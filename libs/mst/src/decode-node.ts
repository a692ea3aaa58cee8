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
  reader.expect(0xa2, 0x61, 0x65)
  const count = reader.head(0x80)
  const keys: string[] = []
  const values: Digest[] = []
  const links: (Digest | null)[] = []
  for (let index = 0; index < count; index++) {
    const before = keys[index - 1] ?? ''
    reader.expect(0xa4, 0x61, 0x6b)
    const rest = reader.text(reader.head(0x40))
    reader.expect(0x61, 0x70)
    const key = before.slice(0, reader.head(0)) + rest
    if (key <= before) throw new Error('The keys of a tree node do not ascend')
    reader.expect(0x61, 0x74)
    links.push(reader.link())
    reader.expect(0x61, 0x76)
    keys.push(key)
    values.push(required(reader.link()))
  }
  reader.expect(0x61, 0x6c)
  links.unshift(reader.link())
  reader.end()
  return { keys, values, links }
}

function required(value: Digest | null): Digest {
  if (value === null) throw new Error('A key of a tree node has no value')
  return value
}

const linkStart = [0xd8, 0x2a, 0x58, 37, 0, 1, 0x71, 0x12, 32]

class NodeReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  expect(...expected: number[]): void {
    for (const byte of expected) {
      if (this.#bytes[this.#at++] !== byte) throw new Error('Not a tree node')
    }
  }

  /** The argument of a CBOR head of the given major type. */
  head(major: number): number {
    const head = (this.#bytes[this.#at++] ?? 0xff) ^ major
    if (head < 24) return head
    const width = { 24: 1, 25: 2, 26: 4 }[head]
    if (width === undefined || this.#at + width > this.#bytes.length) throw new Error('Not a tree node')
    const value = this.#bytes.readUIntBE(this.#at, width)
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
    this.expect(...linkStart)
    const digest = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, 32)
    this.#at += 32
    return digest as Digest
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new Error('A tree node has trailing bytes')
  }
}
