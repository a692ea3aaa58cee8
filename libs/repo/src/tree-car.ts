import { type Digest, type DigestAt, isDigestOf } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import { type KeyRange, keysEqual, keyText } from '@heronry/mst/key-range'
import { LeafWriter } from '@heronry/mst/leaf-writer'
import type { KeyValue } from '@heronry/mst/load-node'
import { CarWriter } from './car-writer.ts'
import { ChunkMemory } from './chunk-memory.ts'
import { DamagedTreeError } from './damaged-tree.ts'
import { HeldNodes, type NodeRow } from './held-nodes.ts'
import type { PieceRows } from './piece-rows.ts'
import { exportLeafBytesMax, leafKeysMax } from './read-limits.ts'
import { TreeWalk } from './tree-walk.ts'

/**
 * Writes a tree into a CAR in preorder, from the rows of `exportQuery`: a node, then from left to right each subtree and each record.
 *
 * Every node is checked by its hash against its parent's link, and the root against the commit; a record's CID against the node that
 * names it. A record's bytes are not hashed again: they were written with that CID, in one row by one statement, and `repo verify` hashes
 * them; here it would cost as much as everything else together. `DamagedTreeError` for nodes that differ.
 *
 * Invariant: in memory are the way from the root to where the walk is, and the records of one leaf: a leaf comes before its records,
 * and is known only after them.
 */
export class TreeCar {
  readonly #car: CarWriter
  readonly #walk: TreeWalk
  readonly #held = new HeldNodes()
  readonly #leaf = new LeafWriter()
  readonly #leafRecords = new CarWriter(new ChunkMemory(leafRecordsBytes))

  constructor(car: CarWriter, root: { layer: number; data: Digest }) {
    this.#car = car
    this.#walk = new TreeWalk(root)
  }

  /** Takes the rest of these rows. Answers a leaf that is too large to be kept, where one is met: it is to be opened before going on. */
  add(rows: PieceRows): LeafRange | undefined {
    while (rows.next()) {
      if (this.#held.areBefore(rows)) this.#addHeld()
      if (rows.layer > 0) this.#held.add(rows)
      else this.#addRecord(rows)
      if (this.#leafRecords.size >= exportLeafBytesMax) return this.#leafRange()
    }
    return undefined
  }

  /**
   * The keys of a leaf that is too large to be kept, from whatever snapshot: its hash says whether they are its own. What is kept of it
   * is written, and what is not follows as it comes. Throws `ServiceUnavailable` where the leaf has changed since.
   */
  openLeaf(records: readonly KeyValue[]): void {
    const count = this.#leaf.count
    this.#leaf.finish()
    for (const { path, cid } of records) {
      const bytes = Buffer.concat([Buffer.from(path, 'latin1'), cid])
      this.#leaf.add({ bytes, keyAt: 0, keyEnd: path.length, digestAt: path.length })
    }
    const leaf = this.#writeLeaf()
    if (leaf === null) {
      throw new HeronryError(
        'ServiceUnavailable',
        'The repository was changed while it was exported: try again',
      )
    }
    this.#walk.enter({ bytes: leaf, at: 0, end: leaf.length }, count)
  }

  /** All rows have been added. */
  end(): void {
    this.#addHeld()
    if (this.#walk.isAtLeaf) this.#closeLeaf()
    if (!this.#walk.isOver) throw new DamagedTreeError('The tree names more than is stored')
  }

  #addHeld(): void {
    for (const node of this.#held.take()) this.#addNode(node)
  }

  #addNode(node: NodeRow): void {
    if (this.#walk.isAtLeaf) this.#closeLeaf()
    const link = this.#walk.subtree(node.layer)
    const bytes = node.bytes.subarray(node.at, node.end)
    if (link === undefined || !isDigestOf(bytes, link)) {
      throw new DamagedTreeError(
        `The node at (${node.layer}, '${keyText(node)}') is not what its parent links to`,
      )
    }
    this.#car.block({ digest: link, bytes })
    this.#walk.enter(node)
  }

  #addRecord(row: PieceRows): void {
    if (this.#walk.isAtLeaf) {
      const end = this.#walk.leafEnd
      if (end === null || !keysEqual(row, end)) {
        this.#addToLeaf(row)
        return
      }
      this.#closeLeaf()
    }
    const named = this.#walk.record
    if (named === undefined || !keysEqual(row, named.key)) {
      throw new DamagedTreeError(`The tree does not name the record ${keyText(row)}`)
    }
    if (!digestsAlike(row, named.value)) {
      throw new Error(`The tree does not name the record ${keyText(row)} as it is stored`)
    }
    if (row.hasValue) this.#car.digestAndBlock(row)
    this.#walk.advance()
  }

  #addToLeaf(row: PieceRows): void {
    if (this.#leaf.count === leafKeysMax) {
      throw new DamagedTreeError(`The leaf before ${keyText(row)} is none of ours`)
    }
    this.#leaf.add(row)
    if (row.hasValue) this.#leafRecords.digestAndBlock(row)
  }

  #leafRange(): LeafRange {
    const { leafStart, leafEnd } = this.#walk
    return { lo: textOf(leafStart) ?? '', hi: textOf(leafEnd) }
  }

  #closeLeaf(): void {
    if (this.#writeLeaf() === null) {
      throw new DamagedTreeError(`The node at (0, '${this.#leafRange().lo}') is not what its parent links to`)
    }
    this.#walk.advance()
  }

  /** Answers the leaf's bytes; null, and nothing is written, where it is not what its parent links to. */
  #writeLeaf(): Buffer | null {
    const digest = this.#walk.subtree(0) as DigestAt
    const bytes = this.#leaf.finish()
    if (!isDigestOf(bytes, digest)) return null
    this.#car.block({ digest, bytes })
    this.#leafRecords.moveTo(this.#car)
    return bytes
  }
}

/** The keys of a leaf: those between `lo` and `hi` (null: to the end). */
export interface LeafRange {
  readonly lo: string
  readonly hi: string | null
}

function textOf(key: KeyRange | null): string | null {
  return key === null ? null : keyText(key)
}

function digestsAlike(left: DigestAt, right: DigestAt): boolean {
  for (let index = 0; index < 32; index++) {
    if (left.bytes[left.at + index] !== right.bytes[right.at + index]) return false
  }
  return true
}

/** The records of nearly every leaf of posts and likes fit. */
const leafRecordsBytes = 65_536
