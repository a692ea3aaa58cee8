import type { EntryBytes } from '@heronry/mst/leaf-writer'

/** Bytes where they stand in others: from `at` to `end`. */
export interface ByteRange {
  readonly bytes: Buffer
  readonly at: number
  readonly end: number
}

/** The rows of `exportQuery` in one piece of a COPY (copy-rows.ts), one at a time: what stands here lasts until `next`. */
export class PieceRows implements EntryBytes {
  readonly bytes: Buffer
  keyAt = 0
  keyEnd = 0
  /** 0: a record. */
  layer = 0
  /** Of a record, its digest and its value; of a node, its body. */
  at = 0
  end = 0

  constructor(piece: Buffer) {
    this.bytes = piece
  }

  /** False: there are no more. */
  next(): boolean {
    const { bytes } = this
    const at = this.end
    if (at === bytes.length) return false
    this.end = at + 1 + int32At(bytes, at + 1)
    this.keyAt = at + keyOffset
    this.keyEnd = this.keyAt + int32At(bytes, this.keyAt - 4)
    const isRecord = bytes[this.keyEnd] === 0xff
    this.layer = isRecord ? 0 : (bytes[this.keyEnd + 5] as number)
    this.at = this.keyEnd + (isRecord ? 8 : 10)
    return true
  }

  get digestAt(): number {
    return this.at
  }

  /** False: `since` leaves it out. */
  get hasValue(): boolean {
    return this.end > this.at + digestBytes
  }
}

function int32At(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  )
}

/** The head of the message, the number of fields, the length of the first. */
const keyOffset = 5 + 2 + 4
const digestBytes = 32
