import { cidBytes, type Digest } from '@heronry/core/cid'

/** A DRISL block under its digest: a commit, a node of the tree or a record. */
export interface CarBlock {
  readonly cid: Digest
  readonly bytes: Uint8Array
}

/**
 * A whole CAR v1 (https://ipld.io/specs/transport/car/carv1/) in memory, rooted in `root`, or without a root where that is
 * null. Blocks are written in the order given, and as often as given.
 */
export function encodeCar(root: Digest | null, blocks: Iterable<CarBlock>): Uint8Array {
  const written = [...blocks]
  const header = carHeader(root)
  const car = Buffer.allocUnsafe(written.reduce((sum, block) => sum + carBlockSize(block), header.length))
  car.set(header)
  let at = header.length
  for (const block of written) at = putBlock(car, at, block)
  return car
}

function putBlock(car: Buffer, at: number, { cid, bytes }: CarBlock): number {
  const cidAt = putVarint(car, at, cidLength + bytes.length)
  car.set(cidBytes(cid), cidAt)
  car.set(bytes, cidAt + cidLength)
  return cidAt + cidLength + bytes.length
}

/** The header, length prefix included: DRISL of `{ roots, version: 1 }`. */
export function carHeader(root: Digest | null): Uint8Array {
  if (root === null) return rootlessHeader
  const header = new Uint8Array(rootedHeaderBytes)
  header[0] = rootedHeaderBytes - 1
  header.set(beforeRoot, 1)
  header.set(cidBytes(root), 1 + beforeRoot.length)
  header.set(afterRoots, rootedHeaderBytes - afterRoots.length)
  return header
}

/** Bytes a block takes in a CAR. */
function carBlockSize({ bytes }: CarBlock): number {
  const length = cidLength + bytes.length
  return varintLength(length) + length
}

const cidLength = 36
/** map(2), "roots": array(1) of tag 42, bytes(37), the multibase prefix 0. */
const beforeRoot = Buffer.concat([
  Buffer.of(0xa2, 0x65),
  Buffer.from('roots'),
  Buffer.of(0x81, 0xd8, 0x2a, 0x58, 37, 0),
])
/** "version": 1 */
const afterRoots = Buffer.concat([Buffer.of(0x67), Buffer.from('version'), Buffer.of(1)])
const rootedHeaderBytes = 1 + beforeRoot.length + cidLength + afterRoots.length
const emptyRoots = Buffer.concat([Buffer.of(0xa2, 0x65), Buffer.from('roots'), Buffer.of(0x80), afterRoots])
const rootlessHeader: Uint8Array = Buffer.concat([Buffer.of(emptyRoots.length), emptyRoots])

/** Unsigned LEB128: seven bits a byte, the lowest first, the highest bit set on all but the last. */
function putVarint(car: Buffer, at: number, value: number): number {
  let next = at
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return car.writeUInt8(rest, next)
    next = car.writeUInt8((rest & 0x7f) | 0x80, next)
  }
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++
  return length
}
