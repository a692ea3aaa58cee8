import type { CarBlock } from './car.ts'
import type { ExportRow } from './export-query.ts'

/** Writes blocks into one piece of memory that grows with them, each copied once, where car.ts makes small pieces of each. */
export class CarWriter {
  readonly #initialBytes: number
  #bytes: Buffer
  #at = 0

  constructor(initialBytes: number) {
    this.#initialBytes = initialBytes
    this.#bytes = Buffer.allocUnsafeSlow(initialBytes)
  }

  get size(): number {
    return this.#at
  }

  block({ cid, bytes }: CarBlock): void {
    this.#frame(bytes.length)
    this.append(cid)
    this.append(bytes)
  }

  record(row: ExportRow): void {
    const { bytes, digestAt, valueAt } = row
    this.#frame(bytes.length - valueAt)
    this.#at += bytes.copy(this.#bytes, this.#at, digestAt, digestAt + digestBytes)
    this.#at += bytes.copy(this.#bytes, this.#at, valueAt)
  }

  /** Bytes as they are. */
  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** What was written, for keeps; the next is written elsewhere. */
  take(): Buffer {
    const written = this.#bytes.subarray(0, this.#at)
    this.#bytes = Buffer.allocUnsafeSlow(this.#initialBytes)
    this.#at = 0
    return written
  }

  /** What was written, until the next is written in its place. */
  drain(): Buffer {
    const written = this.#bytes.subarray(0, this.#at)
    if (this.#bytes.length > this.#initialBytes) this.#bytes = Buffer.allocUnsafeSlow(this.#initialBytes)
    this.#at = 0
    return written
  }

  /** What stands before digest and bytes: their length with the CID, in LEB128, and the CID's prefix. Makes room for all of it. */
  #frame(length: number): void {
    this.#makeRoom(length + frameBytesMax)
    let rest = length + cidPrefix.length + digestBytes
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#at++] = rest
    for (let index = 0; index < cidPrefix.length; index++)
      this.#bytes[this.#at++] = cidPrefix[index] as number
  }

  #makeRoom(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** CIDv1, dag-cbor, sha-256 of 32 bytes. */
const cidPrefix = Uint8Array.of(1, 0x71, 0x12, 32)
const digestBytes = 32
/** Of a block, beside its bytes. */
const frameBytesMax = 5 + cidPrefix.length + digestBytes
