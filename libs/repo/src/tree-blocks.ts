import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { nodeKeysMax } from '@heronry/mst/limits'
import { type KeyValue, loadBytes, loadLeaf } from '@heronry/mst/load-node'
import { loaded, type TreeNode, unloadedNode } from '@heronry/mst/tree-node'
import type { CarBlock } from './car.ts'
import { DamagedTreeError } from './damaged-tree.ts'
import { keyRows, nodeRows, rootLayer, type StoredNode } from './export-rows.ts'
import type { StoredRecord } from './get-record.ts'
import type { RowReader } from './row-reader.ts'

export interface TreeToWalk {
  readonly storeId: StoreId
  /** Digest of the root. */
  readonly data: Digest
  /** The records to hand out where the tree names them, in the tree's order; null for the nodes alone. */
  readonly records: RowReader<StoredRecord> | null
}

/**
 * The blocks of a tree in preorder: a node, then from left to right each subtree and each record. Every node is checked against
 * its parent's link and the root against `data`; a `DamagedTreeError` for one that differs ends the walk.
 *
 * Preorder meets the rows of every layer, and the records, from left to right: all are read page by page, so that memory is one page
 * of each and the way to where the walk stands.
 */
export async function* treeBlocks(tx: Transaction, tree: TreeToWalk): AsyncGenerator<CarBlock> {
  const { storeId, data, records } = tree
  const rows = new TreeRows(tx, storeId)
  const open: Step[] = [{ node: unloadedNode(await rootLayer(tx, storeId), '', data), hi: null }]
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if ('path' in step) {
      const record = await recordAt(records, step)
      if (record !== null) yield { cid: record.cid, bytes: record.value }
    } else {
      yield await rows.load(step)
      for (const below of stepsBelow(step, { withRecords: records !== null }).reverse()) open.push(below)
    }
  }
}

/** A subtree whose keys lie before `hi` (null: the right edge), or a record that a node names. */
type Step = Subtree | KeyValue

interface Subtree {
  readonly node: TreeNode
  readonly hi: string | null
}

function stepsBelow({ node, hi }: Subtree, { withRecords }: { withRecords: boolean }): Step[] {
  const { keys, values, children } = loaded(node)
  return children.flatMap((child, slot) => {
    const path = keys[slot]
    const steps: Step[] = child === null ? [] : [{ node: child, hi: path ?? hi }]
    if (withRecords && path !== undefined) steps.push({ path, cid: values[slot] as Digest })
    return steps
  })
}

/** The record of `key`, or null where `records` leaves it out. */
async function recordAt(
  records: RowReader<StoredRecord> | null,
  { path, cid }: KeyValue,
): Promise<StoredRecord | null> {
  const record = await records?.peek()
  if (record === undefined || record.path > path) return null
  records?.skip()
  if (record.path < path || Buffer.compare(record.cid, cid) !== 0) {
    throw new Error(`The tree does not name the record ${record.path} as it is stored`)
  }
  return record
}

/** Where nodes are damaged, a leaf may seem to hold half the repo: it is no leaf of ours, and is not read to its end. */
const leafKeysMax = 2 * nodeKeysMax

/** The stored rows that the nodes of a walk are loaded from. */
class TreeRows {
  readonly #tx: Transaction
  readonly #storeId: StoreId
  readonly #keys: RowReader<KeyValue>
  readonly #layers = new Map<number, RowReader<StoredNode>>()

  constructor(tx: Transaction, storeId: StoreId) {
    this.#tx = tx
    this.#storeId = storeId
    this.#keys = keyRows(tx, storeId)
  }

  async load({ node, hi }: Subtree): Promise<CarBlock> {
    const lo = node.storedLo ?? ''
    const right =
      node.layer === 0 ? loadLeaf(node, await this.#between(lo, hi)) : await this.#loadStored(node)
    if (!right || node.digest === null || node.bytes === null) {
      throw new DamagedTreeError(
        `Store ${this.#storeId}: the node at (${node.layer}, '${lo}') is not what its parent links to`,
      )
    }
    return { cid: node.digest, bytes: node.bytes }
  }

  async #loadStored(node: TreeNode): Promise<boolean> {
    const { layer } = node
    const rows = this.#layers.get(layer) ?? nodeRows(this.#tx, { storeId: this.#storeId, layer })
    this.#layers.set(layer, rows)
    const row = await rows.peek()
    rows.skip()
    return row !== undefined && row.lo === node.storedLo && loadBytes(node, row.body)
  }

  async #between(lo: string, hi: string | null): Promise<KeyValue[]> {
    const found: KeyValue[] = []
    for (let key = await this.#keys.peek(); key !== undefined; key = await this.#keys.peek()) {
      if ((hi !== null && key.path >= hi) || found.length > leafKeysMax) break
      if (key.path > lo) found.push(key)
      this.#keys.skip()
    }
    return found
  }
}
