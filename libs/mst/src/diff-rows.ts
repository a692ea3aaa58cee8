import type { Digest } from '@heronry/core/cid'
import { encodeTree } from './encode-node.ts'
import { childLo, type Entries, loaded, type TreeNode } from './tree-node.ts'

/** Where a node's row stands. */
export interface Position {
  layer: number
  lo: string
}

export interface NodeRow extends Position {
  cid: Digest
  body: Uint8Array
}

export interface RowChanges {
  upserts: NodeRow[]
  deletes: Position[]
}

/**
 * What turns the stored rows of the tree `before` into those of `after`, which came of it by mutations; layers ≥ 1 only.
 *
 * Seals `after`: its nodes count as stored from here on, so that the next diff starts from it. A node that only moved (the key left
 * of it was added or deleted) is a row to write at its new position: it is replaced in `after` by a copy, `before` keeps its own.
 * When the rows are not committed, `after` must be thrown away; `before` is as it was.
 */
export function diffRows(before: TreeNode, after: TreeNode): RowChanges & { root: TreeNode } {
  encodeTree(after)
  const pass: Pass = { upserts: new Map(), kept: new Set() }
  const root = sealed(after, { lo: '', pass })
  const deletes: Position[] = []
  collectGone(before, { lo: '', pass, deletes })
  return { root, upserts: [...pass.upserts.values()], deletes }
}

interface Pass {
  upserts: Map<string, NodeRow>
  /** Nodes whose row, and everything below, stays as it stands. */
  kept: Set<TreeNode>
}

function sealed(node: TreeNode, { lo, pass }: { lo: string; pass: Pass }): TreeNode {
  if (node.storedLo === lo) {
    pass.kept.add(node)
    return node
  }
  const entries = loaded(node)
  const stored = node.storedLo === null ? node : { ...node, entries: copyOf(entries) }
  stored.storedLo = lo
  if (node.layer > 0) {
    const row = { layer: node.layer, lo, cid: node.digest as Digest, body: node.bytes as Uint8Array }
    pass.upserts.set(positionKey(row), row)
  }
  const { children } = loaded(stored)
  for (const [slot, child] of children.entries()) {
    if (child !== null) children[slot] = sealed(child, { lo: childLo(entries, lo, slot), pass })
  }
  return stored
}

function copyOf({ keys, values, children }: Entries): Entries {
  return { keys, values, children: [...children] }
}

function collectGone(
  node: TreeNode,
  { lo, pass, deletes }: { lo: string; pass: Pass; deletes: Position[] },
): void {
  if (pass.kept.has(node)) return
  const position = { layer: node.layer, lo }
  if (node.layer > 0 && !pass.upserts.has(positionKey(position))) deletes.push(position)
  const entries = loaded(node)
  for (const [slot, child] of entries.children.entries()) {
    if (child !== null) collectGone(child, { lo: childLo(entries, lo, slot), pass, deletes })
  }
}

function positionKey({ layer, lo }: Position): string {
  return `${layer} ${lo}`
}
