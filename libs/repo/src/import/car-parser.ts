import { decode } from '@atproto/lex-cbor'
import { ifCid } from '@atproto/lex-data'
import { cidString, type Digest, digestOf, isDigestOf } from '@heronry/core/cid'
import type { CarBlock } from '../car.ts'
import { badCar } from './bad-car.ts'
import { carBlockBytesMax, carHeaderBytesMax } from './limits.ts'

/**
 * Reads a CAR v1 (https://ipld.io/specs/transport/car/carv1/) with one root as it arrives. Every block is hashed when its last byte is here;
 * blocks of other CIDs than those of records, nodes and commits are refused, as no repo has them.
 *
 * Memory is one chunk and one block. What `take` answers are views of what was given to it.
 */
export class CarParser {
  /** Null until the header is here. */
  root: Digest | null = null
  /** Blocks that were answered. */
  blocks = 0
  #rest: Buffer[] = []
  #restBytes = 0
  /** Bytes without which nothing more can be read. */
  #wanted = 1

  /** The blocks that have become whole. Throws `InvalidRequest` with what is wrong. */
  take(chunk: Buffer): CarBlock[] {
    this.#rest.push(chunk)
    this.#restBytes += chunk.length
    if (this.#restBytes < this.#wanted) return []
    const bytes = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest)
    const found: CarBlock[] = []
    let at = 0
    for (;;) {
      const section = this.#section(bytes, at)
      if (section === null) break
      at = section.end
      if (this.root === null) this.root = rootOf(bytes.subarray(section.start, section.end))
      else found.push(blockOf(bytes, section))
    }
    this.#rest = at === bytes.length ? [] : [bytes.subarray(at)]
    this.#restBytes = bytes.length - at
    this.blocks += found.length
    return found
  }

  /** Called when no more comes. Throws where something is missing. */
  end(): Digest {
    if (this.#restBytes > 0) throw badCar('The CAR is cut off in the middle of a block')
    if (this.root === null) throw badCar('The CAR is empty: it has no header')
    return this.root
  }

  /** Where the next section is, without its length; null where it is not all here. */
  #section(bytes: Buffer, at: number): Section | null {
    const length = varint(bytes, at)
    if (length === null) {
      this.#wanted = bytes.length - at + 1
      return null
    }
    const bytesMax = this.root === null ? carHeaderBytesMax : cidBytesLength + carBlockBytesMax
    if (length.value > bytesMax) {
      throw badCar(
        this.root === null
          ? `The header of the CAR has ${length.value} bytes, more than ${carHeaderBytesMax}`
          : `A block of the CAR has ${length.value - cidBytesLength} bytes, more than ${carBlockBytesMax}`,
      )
    }
    if (length.value === 0) throw badCar('The CAR has a section without a CID')
    const end = length.end + length.value
    if (end <= bytes.length) return { start: length.end, end }
    this.#wanted = end - at
    return null
  }
}

interface Section {
  readonly start: number
  readonly end: number
}

/** Unsigned LEB128, of up to five bytes; null where its end is not here. */
function varint(bytes: Buffer, at: number): { value: number; end: number } | null {
  let value = 0
  for (let index = 0; index < varintBytesMax; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) return null
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, end: at + index + 1 }
  }
  throw badCar('The CAR has a length that is too long')
}

const varintBytesMax = 5
const cidBytesLength = 36

function rootOf(header: Buffer): Digest {
  const { version, roots } = decodedHeader(header)
  if (version !== 1) throw badCar(`A CAR of version 1 is expected, not ${String(version).slice(0, 20)}`)
  if (!Array.isArray(roots) || roots.length !== 1) {
    const count = Array.isArray(roots) ? roots.length : 'no list of'
    throw badCar(`expected one root: the CAR has ${count}`)
  }
  const [root] = roots
  const cid = typeof root === 'object' && root !== null ? ifCid(root) : null
  const digest = cid && digestOf(cid)
  if (!digest) throw badCar('The root of the CAR is no CID of a commit: CIDv1, dag-cbor, sha-256')
  return Buffer.from(digest) as Uint8Array as Digest
}

function decodedHeader(header: Buffer): Record<string, unknown> {
  try {
    return Object(decode(header)) as Record<string, unknown>
  } catch (cause) {
    throw badCar('The header of the CAR cannot be read', cause)
  }
}

/** CIDv1, dag-cbor, sha-256 of 32 bytes. */
const cidPrefix = Buffer.of(1, 0x71, 0x12, 32)

function blockOf(bytes: Buffer, { start, end }: Section): CarBlock {
  const digestAt = start + cidPrefix.length
  if (end - start < cidBytesLength || cidPrefix.compare(bytes, start, digestAt) !== 0) {
    throw badCar(
      'A block of the CAR has a CID of a kind that no repo has: CIDv1, dag-cbor, sha-256 is expected',
    )
  }
  const cid = bytes.subarray(digestAt, start + cidBytesLength) as Uint8Array as Digest
  const block = bytes.subarray(start + cidBytesLength, end)
  if (!isDigestOf(block, { bytes: cid, at: 0 })) {
    throw badCar(`The block ${cidString(cid)} is not what its CID names: its hash is another`)
  }
  return { cid, bytes: block }
}
