import type { Digest } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { type KeyValue, loadBytes, loadLeaf } from '@heronry/mst/load-node'
import { loaded, type TreeNode, unloadedNode } from '@heronry/mst/tree-node'
import type { CarBlock } from './car.ts'
import { DamagedTreeError } from './damaged-tree.ts'
import { keyRows, nodeRows, rootLayer, type StoredNode } from './export-rows.ts'
import { leafKeysMax } from './read-limits.ts'
import type { RowReader } from './row-reader.ts'

export interface TreeToWalk {
  readonly storeId: StoreId
  /** Digest of the root. */
  readonly data: Digest
}

/**
 * The nodes of a tree in preorder. Every node is checked against its parent's link and the root against `data`; a `DamagedTreeError`
 * for one that differs ends the walk.
 *
 * Preorder meets the rows of every layer, and the keys of the leaves, from left to right: all are read page by page, so that memory is
 * one page of each and the way to where the walk stands.
 */
export async function* treeBlocks(tx: Transaction, tree: TreeToWalk): AsyncGenerator<CarBlock> {
  const { storeId, data } = tree
  const rows = new TreeRows(tx, storeId)
  const open: Subtree[] = [{ node: unloadedNode(await rootLayer(tx, storeId), '', data), hi: null }]
  for (let subtree = open.pop(); subtree !== undefined; subtree = open.pop()) {
    yield await rows.load(subtree)
    open.push(...subtreesBelow(subtree).reverse())
  }
}

/** A subtree whose keys lie before `hi` (null: the right edge). */
interface Subtree {
  readonly node: TreeNode
  readonly hi: string | null
}

function subtreesBelow({ node, hi }: Subtree): Subtree[] {
  const { keys, children } = loaded(node)
  return children.flatMap((child, slot) => (child === null ? [] : [{ node: child, hi: keys[slot] ?? hi }]))
}

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
