import { encode } from '@atproto/lex-cbor'
import type { LexMap } from '@atproto/lex-data'
import { cidBytes, cidOf, type Digest, sha256 } from '@heronry/core/cid'
import { TreeBuilder } from '@heronry/mst/build-tree'

export interface CarOfRepo {
  readonly did: string
  readonly rev: string
  /** With the key of whoever makes the repo. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
  /** In ascending order of their paths; asked for twice. */
  readonly records: () => Iterable<{ readonly path: string; readonly value: Uint8Array }>
}

export interface RepoCar {
  /** Of the commit. */
  readonly root: Digest
  /** Of the tree. */
  readonly data: Digest
  /** The CAR: commit, then records and nodes from the leaves up. Made as it is read. */
  chunks(): Generator<Buffer>
}

/** The CAR of a repo of any size, in memory of one node a layer. */
export function repoCar({ did, rev, sign, records }: CarOfRepo): RepoCar {
  const builder = new TreeBuilder(() => {})
  for (const { path, value } of records()) builder.add({ path, cid: sha256(value) })
  const data = builder.finish().digest as Digest
  const unsigned = { did, rev, data: cidOf(data), prev: null, version: 3 } as const
  const commit = encode({ ...unsigned, sig: sign(encode(unsigned)) })
  const root = sha256(commit)
  return {
    root,
    data,
    *chunks() {
      const blocks: Buffer[] = [carHeader([root]), carBlock(root, commit)]
      const emitter = new TreeBuilder(({ cid, body }) => blocks.push(carBlock(cid, body)))
      for (const { path, value } of records()) {
        const cid = sha256(value)
        blocks.push(carBlock(cid, value))
        emitter.add({ path, cid })
        if (blocks.length >= chunkBlocks) yield Buffer.concat(blocks.splice(0))
      }
      emitter.finish()
      yield Buffer.concat(blocks)
    },
  }
}

const chunkBlocks = 256

/** A whole CAR of any header and blocks: also of those that no repo has. */
export function carOf(roots: readonly Digest[], blocks: readonly (readonly [Digest, Uint8Array])[]): Buffer {
  return Buffer.concat([carHeader(roots), ...blocks.map(([cid, bytes]) => carBlock(cid, bytes))])
}

export function carHeader(roots: readonly Digest[]): Buffer {
  const header = encode({ version: 1, roots: roots.map((root) => cidOf(root)) } as LexMap)
  return Buffer.concat([varint(header.length), header])
}

export function carBlock(cid: Digest, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(36 + bytes.length), cidBytes(cid), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 128)
  }
}
