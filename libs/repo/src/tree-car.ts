import { type Digest, digestsEqual, sha256 } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import { decodeNode } from '@heronry/mst/decode-node'
import { LeafWriter } from '@heronry/mst/leaf-writer'
import type { KeyValue } from '@heronry/mst/load-node'
import { CarWriter } from './car-writer.ts'
import { DamagedTreeError } from './damaged-tree.ts'
import type { ExportRow } from './export-query.ts'
import { HeldNodes } from './held-nodes.ts'
import { exportLeafBytesMax, leafKeysMax } from './read-limits.ts'

/**
 * Writes a tree into a CAR in preorder, from the rows of `exportQuery`: a node, then from left to right each subtree and each record.
 *
 * Every node is checked by its hash against its parent's link, and the root against the commit; a record's CID against the node that
 * names it. A record's bytes are not hashed again: they were written with that CID, in one row by one statement, and `repo verify` hashes
 * them; here it would cost as much as everything else together. `DamagedTreeError` for nodes that differ.
 *
 * Invariant: in memory are the way from the root to where the walk stands, and the records of one leaf: a leaf comes before its records,
 * and is known only after them.
 */
export class TreeCar {
  readonly #car: CarWriter
  readonly #way: Step[]
  readonly #held = new HeldNodes()
  readonly #leaf = new LeafWriter()
  readonly #leafRecords = new CarWriter(leafRecordsBytes)

  constructor(car: CarWriter, { layer, data }: { layer: number; data: Digest }) {
    this.#car = car
    this.#way = [{ layer: layer + 1, keys: [], values: [], links: [data], at: 0, lo: null, hi: null }]
  }

  /** Takes the next row. Answers a leaf that is too large to be kept, where one is met: it is to be opened before the next row. */
  add(row: ExportRow): LeafRange | undefined {
    if (this.#held.areBefore(row)) this.#addHeld()
    if (row.layer === 0) return this.#addRecord(row)
    this.#held.add(row)
    return undefined
  }

  /**
   * The keys of a leaf that is too large to be kept, from whatever snapshot: its hash says whether they are its own. What is kept of it
   * is written, and what is not follows as it comes. Throws `ServiceUnavailable` where the leaf has changed since.
   */
  openLeaf(records: readonly KeyValue[]): void {
    const step = this.#way.at(-1) as Step
    const keys = records.map(({ path }) => Buffer.from(path, 'latin1'))
    const count = this.#leaf.count
    this.#leaf.finish()
    for (const [index, { cid }] of records.entries()) {
      const key = keys[index] as Buffer
      const bytes = Buffer.concat([key, cid])
      this.#leaf.add({ bytes, keyAt: 0, keyEnd: key.length, digestAt: key.length })
    }
    if (!this.#writeLeaf(step)) {
      throw new HeronryError(
        'ServiceUnavailable',
        'The repository was changed while it was exported: try again',
      )
    }
    const values = records.map(({ cid }) => cid)
    const links = Array<null>(keys.length + 1).fill(null)
    this.#way.push({ layer: 0, keys, values, links, at: 2 * count, ...rangeAt(step) })
    this.#advance()
  }

  /** All rows have been added. */
  end(): void {
    this.#addHeld()
    if (this.#isAtLeaf()) this.#closeLeaf()
    if (this.#way.length > 0) throw new DamagedTreeError('The tree names more than is stored')
  }

  #addHeld(): void {
    for (const node of this.#held.take()) this.#addNode(node)
  }

  #addNode(row: ExportRow): void {
    if (this.#isAtLeaf()) this.#closeLeaf()
    const bytes = row.value
    const step = this.#way.at(-1)
    const link = step === undefined || step.at % 2 === 1 ? null : step.links[step.at / 2]
    if (!step || !link || step.layer !== row.layer + 1 || !digestsEqual(sha256(bytes), link)) {
      throw new DamagedTreeError(`The node at (${row.layer}, '${row.key}') is not what its parent links to`)
    }
    this.#car.block({ cid: link, bytes })
    const { keys, ...node } = decodeNode(bytes)
    const keyBytes = keys.map((key) => Buffer.from(key, 'latin1'))
    this.#way.push({ ...node, keys: keyBytes, layer: row.layer, at: -1, ...rangeAt(step) })
    this.#advance()
  }

  #addRecord(row: ExportRow): LeafRange | undefined {
    if (this.#isAtLeaf()) {
      const hi = keyAfter(this.#way.at(-1) as Step)
      if (hi === null || !row.hasKey(hi)) return this.#addToLeaf(row)
      this.#closeLeaf()
    }
    const step = this.#way.at(-1)
    const slot = step === undefined ? -1 : (step.at - 1) / 2
    if (!step?.keys[slot] || !row.hasKey(step.keys[slot])) {
      throw new DamagedTreeError(`The tree does not name the record ${row.key}`)
    }
    if (!row.hasDigest(step.values[slot] as Digest)) {
      throw new Error(`The tree does not name the record ${row.key} as it is stored`)
    }
    if (row.valueAt > 0) this.#car.record(row)
    this.#advance()
    return undefined
  }

  #addToLeaf(row: ExportRow): LeafRange | undefined {
    if (this.#leaf.count === leafKeysMax)
      throw new DamagedTreeError(`The leaf before ${row.key} is none of ours`)
    this.#leaf.add(row)
    if (row.valueAt > 0) this.#leafRecords.record(row)
    if (this.#leafRecords.size < exportLeafBytesMax) return undefined
    const { lo, hi } = rangeAt(this.#way.at(-1) as Step)
    return { lo: lo?.toString('latin1') ?? '', hi: hi?.toString('latin1') ?? null }
  }

  #isAtLeaf(): boolean {
    const step = this.#way.at(-1)
    return step !== undefined && step.layer === 1 && step.at % 2 === 0
  }

  #closeLeaf(): void {
    const parent = this.#way.at(-1) as Step
    if (!this.#writeLeaf(parent)) {
      throw new DamagedTreeError(
        `The node at (0, '${rangeAt(parent).lo ?? ''}') is not what its parent links to`,
      )
    }
    this.#advance()
  }

  /** False, and nothing is written, where the leaf is not what its parent links to. */
  #writeLeaf({ links, at }: Step): boolean {
    const bytes = this.#leaf.finish()
    const cid = links[at / 2] as Digest
    if (!digestsEqual(sha256(bytes), cid)) return false
    this.#car.block({ cid, bytes })
    this.#car.append(this.#leafRecords.drain())
    return true
  }

  /** To the next subtree or record that is named; away from nodes that are done. */
  #advance(): void {
    for (let step = this.#way.at(-1); step !== undefined; step = this.#way.at(-1)) {
      step.at++
      if (step.at % 2 === 0 && step.links[step.at / 2] === null) step.at++
      if (step.at <= 2 * step.keys.length) return
      this.#way.pop()
    }
  }
}

/** The keys of a leaf: those between `lo` and `hi` (null: to the end). */
export interface LeafRange {
  readonly lo: string
  readonly hi: string | null
}

/** A node that is open: the walk stands at `links[at / 2]` where `at` is even, else at `keys[(at - 1) / 2]`. */
interface Step extends KeyRange {
  readonly layer: number
  readonly keys: readonly Buffer[]
  readonly values: readonly Digest[]
  readonly links: readonly (Digest | null)[]
  at: number
}

/** The keys left and right of a subtree; null at the edges. */
interface KeyRange {
  readonly lo: Buffer | null
  readonly hi: Buffer | null
}

/** Of the subtree at which the walk stands. */
function rangeAt(step: Step): KeyRange {
  return { lo: step.keys[step.at / 2 - 1] ?? step.lo, hi: keyAfter(step) }
}

function keyAfter({ keys, at, hi }: Step): Buffer | null {
  return keys[at / 2] ?? hi
}

/** Three in four leaves of posts and likes fit. */
const leafRecordsBytes = 65_536
