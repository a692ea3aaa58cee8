import type { Digest } from '@heronry/core/cid'
import { TreeBuilder } from '../src/build-tree.ts'
import { diffRows, type NodeRow, type Position } from '../src/diff-rows.ts'
import { type Gap, gapsOf } from '../src/gaps.ts'
import { loadBytes, loadLeaf } from '../src/load-node.ts'
import { emptyTree, type TreeNode, unloadedNode } from '../src/tree-node.ts'

/** What Postgres keeps of a tree: records, and rows of layers ≥ 1 by position. Nothing is loaded that was not asked for. */
export class StoredTree {
  readonly records = new Map<string, Digest>()
  readonly rows = new Map<string, NodeRow>()
  root: { layer: number; digest: Digest | null } = { layer: 0, digest: null }
  loads = 0

  /** A tree of which only what `keys` need is loaded, by as many rounds as there are gaps. */
  open(keys: Iterable<string>): TreeNode {
    const asked = [...keys]
    const { digest, layer } = this.root
    if (digest === null) return emptyTree()
    const root = unloadedNode(layer, '', digest)
    for (let gaps = gapsOf(root, asked); gaps.length > 0; gaps = gapsOf(root, asked)) {
      for (const gap of gaps) this.#load(gap)
    }
    return root
  }

  /** Writes the rows of `after` and the records; returns the rows that were written. */
  commit(before: TreeNode, after: TreeNode, records: Iterable<[string, Digest | null]>): NodeRow[] {
    const { root, upserts, deletes } = diffRows(before, after)
    for (const position of deletes) {
      if (!this.rows.delete(rowKey(position))) throw new Error(`No row at ${rowKey(position)}`)
    }
    for (const row of upserts) this.rows.set(rowKey(row), row)
    for (const [path, cid] of records) {
      if (cid === null) this.records.delete(path)
      else this.records.set(path, cid)
    }
    this.root = { layer: root.layer, digest: root.digest }
    return upserts
  }

  sortedRecords() {
    return [...this.records].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, cid]) => ({ path, cid }))
  }

  /** The rows as a rebuild from the records makes them. */
  rebuilt(): { root: TreeNode; rows: Map<string, NodeRow> } {
    const rows = new Map<string, NodeRow>()
    const builder = new TreeBuilder((row) => {
      if (row.layer > 0) rows.set(rowKey(row), row)
    })
    for (const record of this.sortedRecords()) builder.add(record)
    return { root: builder.finish(), rows }
  }

  #load({ node, layer, lo, hi }: Gap): void {
    this.loads++
    const right = layer === 0 ? loadLeaf(node, this.#between(lo, hi)) : this.#loadRow(node, { layer, lo })
    if (!right) throw new Error(`The row at ${layer} after '${lo}' is not what its parent names`)
  }

  #loadRow(node: TreeNode, position: Position): boolean {
    const row = this.rows.get(rowKey(position))
    return row !== undefined && loadBytes(node, row.body)
  }

  #between(lo: string, hi: string | null) {
    return this.sortedRecords().filter(({ path }) => path > lo && (hi === null || path < hi))
  }
}

function rowKey({ layer, lo }: Position): string {
  return `${layer} ${lo}`
}
