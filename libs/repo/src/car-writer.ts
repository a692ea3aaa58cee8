import type { DigestAt } from '@heronry/core/cid'
import type { ChunkMemory } from './chunk-memory.ts'
import type { ByteRange } from './piece-rows.ts'

/** A DRISL block, and where its digest stands. */
export interface BlockBytes {
  readonly digest: DigestAt
  readonly bytes: Uint8Array
}

/** Writes blocks into one piece of memory that grows with them, each copied once, where car.ts makes small pieces of each. */
export class CarWriter {
  readonly #memory: ChunkMemory
  #bytes: Buffer
  #at = 0

  constructor(memory: ChunkMemory) {
    this.#memory = memory
    this.#bytes = memory.take()
  }

  get size(): number {
    return this.#at
  }

  block({ digest: { bytes: digests, at }, bytes }: BlockBytes): void {
    this.#frame(digestBytes + bytes.length)
    const written = this.#bytes
    const writtenAt = this.#at
    for (let index = 0; index < digestBytes; index++)
      written[writtenAt + index] = digests[at + index] as number
    this.#at += digestBytes
    this.append(bytes)
  }

  /** A block where its digest stands right before its bytes. */
  digestAndBlock({ bytes, at, end }: ByteRange): void {
    this.#frame(end - at)
    this.#at += bytes.copy(this.#bytes, this.#at, at, end)
  }

  /** Bytes as they are. */
  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** What was written; the next is written elsewhere. */
  take(): Buffer {
    const written = this.#bytes.subarray(0, this.#at)
    this.#bytes = this.#memory.take()
    this.#at = 0
    return written
  }

  /** All that was written, into another one; this one is empty again. */
  moveTo(other: CarWriter): void {
    other.append(this.#bytes.subarray(0, this.#at))
    this.#at = 0
    if (this.#bytes.length > this.#memory.chunkBytes) this.#bytes = this.#memory.take()
  }

  /** What stands before digest and bytes: their length with the CID's prefix, in LEB128, and that prefix. Makes room for all of it. */
  #frame(length: number): void {
    this.#makeRoom(length + frameBytesMax)
    const bytes = this.#bytes
    let at = this.#at
    let rest = length + cidPrefixBytes
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at++] = rest
    bytes[at++] = 1
    bytes[at++] = 0x71
    bytes[at++] = 0x12
    bytes[at++] = digestBytes
    this.#at = at
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** CIDv1, dag-cbor, sha-256 of 32 bytes: each a byte. */
const cidPrefixBytes = 4
const digestBytes = 32
/** Of a block, beside its digest and bytes. */
const frameBytesMax = 5 + cidPrefixBytes
