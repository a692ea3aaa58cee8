import type { TreeNode } from './tree-node.ts'

/** Measured on V8: a node object with its arrays, and what each key, value and child adds to the bytes themselves. */
const nodeBytes = 400
const entryBytes = 260

/** Roughly the memory of what is loaded of a tree, counted until it exceeds `bytesMax`. */
export function treeBytes(root: TreeNode, bytesMax = Number.POSITIVE_INFINITY): number {
  let total = 0
  const open: TreeNode[] = [root]
  for (let node = open.pop(); node !== undefined && total <= bytesMax; node = open.pop()) {
    total += nodeBytes + 2 * (node.bytes?.length ?? 0)
    if (node.entries === null) continue
    total += entryBytes * node.entries.keys.length
    for (const child of node.entries.children) if (child !== null) open.push(child)
  }
  return total
}
