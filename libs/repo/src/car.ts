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
  const parts = [carHeader(root)]
  for (const block of blocks) parts.push(carFrame(block), block.bytes)
  return Buffer.concat(parts)
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

/** What stands before the bytes of a block: the length of CID and bytes, then the CID. */
export function carFrame({ cid, bytes }: CarBlock): Uint8Array {
  const varint = varintBytes(cidLength + bytes.length)
  const frame = new Uint8Array(varint.length + cidLength)
  frame.set(varint)
  frame.set(cidBytes(cid), varint.length)
  return frame
}

/** Bytes a block takes in a CAR. */
export function carBlockSize({ bytes }: CarBlock): number {
  const length = cidLength + bytes.length
  return varintBytes(length).length + length
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
function varintBytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}
