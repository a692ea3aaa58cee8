import type { KeyRange } from './key-range.ts'
import { keyLengthMax } from './limits.ts'

/** A key and its value where they stand in bytes: the 32 bytes of the digest from `digestAt`. */
export interface EntryBytes extends KeyRange {
  readonly digestAt: number
}

/**
 * Writes nodes of layer 0 as encode-node.ts does, from bytes to bytes, in memory that is used again: an export makes one for every
 * four records.
 */
export class LeafWriter {
  #node = Buffer.allocUnsafeSlow(nodeBytes)
  #at = entriesAt
  #count = 0
  readonly #lastKey = new Uint8Array(keyLengthMax)
  #lastKeyLength = 0

  get count(): number {
    return this.#count
  }

  /** Keys must come in ascending order. */
  add(entry: EntryBytes): void {
    const { bytes, keyAt, keyEnd, digestAt } = entry
    const length = keyEnd - keyAt
    if (length > keyLengthMax) throw new Error(`A key of ${length} bytes is none of ours`)
    this.#makeRoom(length + entryBytesMax)
    const shared = this.#sharedWithLast(entry)
    this.#put(keyField)
    this.#head(0x40, length - shared)
    this.#copy(bytes, keyAt + shared, keyEnd)
    this.#put(prefixField)
    this.#head(0, shared)
    this.#put(valueField)
    this.#copy(bytes, digestAt, digestAt + 32)
    const lastKey = this.#lastKey
    for (let index = shared; index < length; index++) lastKey[index] = bytes[keyAt + index] as number
    this.#lastKeyLength = length
    this.#count++
  }

  /** The bytes of the node with all that was added, which last until the next `add`; the next node begins empty. */
  finish(): Buffer {
    this.#put(nodeEnd)
    const end = this.#at
    const start = entriesAt - (this.#count < 24 ? 1 : this.#count < 256 ? 2 : 3) - nodeStart.length
    this.#at = start
    this.#put(nodeStart)
    this.#head(0x80, this.#count)
    this.#at = entriesAt
    this.#count = 0
    this.#lastKeyLength = 0
    return this.#node.subarray(start, end)
  }

  #sharedWithLast({ bytes, keyAt, keyEnd }: EntryBytes): number {
    const most = Math.min(this.#lastKeyLength, keyEnd - keyAt)
    const last = this.#lastKey
    let length = 0
    while (length < most && bytes[keyAt + length] === last[length]) length++
    return length
  }

  #put(field: Uint8Array): void {
    const node = this.#node
    const at = this.#at
    for (let index = 0; index < field.length; index++) node[at + index] = field[index] as number
    this.#at = at + field.length
  }

  #copy(bytes: Uint8Array, from: number, end: number): void {
    const node = this.#node
    let at = this.#at
    for (let index = from; index < end; index++) node[at++] = bytes[index] as number
    this.#at = at
  }

  /** A CBOR head in its shortest form; `value` stays below 65,536 by the limits of keys and nodes. */
  #head(major: number, value: number): void {
    if (value >= 256) {
      this.#node[this.#at++] = major | 25
      this.#node[this.#at++] = value >> 8
    } else if (value >= 24) {
      this.#node[this.#at++] = major | 24
    }
    this.#node[this.#at++] = value < 24 ? major | value : value & 255
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes + nodeEnd.length <= this.#node.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#node.length + bytes))
    larger.set(this.#node)
    this.#node = larger
  }
}

/** Bytes of a node to begin with: three of four have fewer. */
const nodeBytes = 1024
const nodeStart = Uint8Array.of(0xa2, 0x61, 0x65)
/** Where the first entry stands: before it, what `finish` writes, of up to three bytes more. */
const entriesAt = nodeStart.length + 3
const keyField = Uint8Array.of(0xa4, 0x61, 0x6b)
const prefixField = Uint8Array.of(0x61, 0x70)
/** No subtree; then the link up to its digest. */
const valueField = Uint8Array.of(0x61, 0x74, 0xf6, 0x61, 0x76, 0xd8, 0x2a, 0x58, 37, 0, 1, 0x71, 0x12, 32)
/** No subtree on the left. */
const nodeEnd = Uint8Array.of(0x61, 0x6c, 0xf6)
/** Of an entry, beside its key: the fields, two heads and the digest. */
const entryBytesMax = keyField.length + prefixField.length + valueField.length + 6 + 32
