import type { KeyRange } from './key-range.ts'
import { keyLengthMax } from './limits.ts'

/** Where a node's bytes stand. */
export interface NodeBytes {
  readonly bytes: Buffer
  readonly at: number
  readonly end: number
}

/**
 * Where things stand in a node (encode-node.ts), for a reader of very many: as `decodeNode`, but only the keys are made anew, and everything is
 * used again for the next node.
 */
export class NodeLayout {
  /** Of keys. */
  count = 0
  /** Where the digests of the values stand. */
  readonly valueAts: number[] = []
  /** Where the digests of the subtrees stand, each before its key, the last behind all; -1: there is none. */
  readonly linkAts: number[] = []
  /** All keys, one after the other. */
  #keys = new Uint8Array(4 * keyLengthMax)
  /** Where each key begins, and the last ends. */
  readonly #keyAts: number[] = [0]

  /** Throws for anything but the one form that encode-node.ts writes. */
  read({ bytes, at, end }: NodeBytes): void {
    const reader = new LayoutReader(bytes, at)
    reader.expect(nodeStart)
    const count = reader.head(0x80)
    for (let index = 0; index < count; index++) {
      reader.expect(keyField)
      const restLength = reader.head(0x40)
      const restAt = reader.skip(restLength)
      reader.expect(prefixField)
      this.#addKey(index, { bytes, restAt, restLength, shared: reader.head(0) })
      reader.expect(subtreeField)
      this.linkAts[index + 1] = reader.link()
      reader.expect(valueField)
      const valueAt = reader.link()
      if (valueAt === -1) throw new Error('A key of a tree node has no value')
      this.valueAts[index] = valueAt
    }
    reader.expect(leftField)
    this.linkAts[0] = reader.link()
    if (reader.at !== end) throw new Error('A tree node has trailing bytes')
    this.count = count
  }

  /** Lasts until the next `read`. */
  key(index: number): KeyRange {
    return {
      bytes: this.#keys,
      keyAt: this.#keyAts[index] as number,
      keyEnd: this.#keyAts[index + 1] as number,
    }
  }

  #addKey(index: number, { bytes, restAt, restLength, shared }: KeyParts): void {
    const at = this.#keyAts[index] as number
    const end = at + shared + restLength
    const before = index === 0 ? 0 : (this.#keyAts[index - 1] as number)
    if (shared > at - before || end - at > keyLengthMax) throw new Error('Not a tree node')
    if (end > this.#keys.length) this.#grow()
    const keys = this.#keys
    for (let offset = 0; offset < shared; offset++) keys[at + offset] = keys[before + offset] as number
    for (let offset = 0; offset < restLength; offset++) {
      keys[at + shared + offset] = bytes[restAt + offset] as number
    }
    this.#keyAts[index + 1] = end
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#keys.length)
    larger.set(this.#keys)
    this.#keys = larger
  }
}

interface KeyParts {
  readonly bytes: Buffer
  readonly restAt: number
  readonly restLength: number
  /** Characters shared with the key before. */
  readonly shared: number
}

const nodeStart = Uint8Array.of(0xa2, 0x61, 0x65)
const keyField = Uint8Array.of(0xa4, 0x61, 0x6b)
const prefixField = Uint8Array.of(0x61, 0x70)
const subtreeField = Uint8Array.of(0x61, 0x74)
const valueField = Uint8Array.of(0x61, 0x76)
const leftField = Uint8Array.of(0x61, 0x6c)
const linkStart = Uint8Array.of(0xd8, 0x2a, 0x58, 37, 0, 1, 0x71, 0x12, 32)

class LayoutReader {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  expect(expected: Uint8Array): void {
    const bytes = this.#bytes
    const at = this.at
    for (let index = 0; index < expected.length; index++) {
      if (bytes[at + index] !== expected[index]) throw new Error('Not a tree node')
    }
    this.at = at + expected.length
  }

  /** The argument of a CBOR head of the given major type. Nodes and keys have none above 65,535. */
  head(major: number): number {
    const head = (this.#bytes[this.at++] as number) ^ major
    if (head < 24) return head
    const first = this.#bytes[this.at++] as number
    if (head === 24) return first
    if (head !== 25) throw new Error('Not a tree node')
    return (first << 8) | (this.#bytes[this.at++] as number)
  }

  /** Answers where what is skipped begins. */
  skip(length: number): number {
    const at = this.at
    this.at += length
    return at
  }

  /** Answers where the digest stands; -1: null. */
  link(): number {
    if (this.#bytes[this.at] === 0xf6) {
      this.at++
      return -1
    }
    this.expect(linkStart)
    return this.skip(32)
  }
}
