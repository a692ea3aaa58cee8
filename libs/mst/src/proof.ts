import { encodeTree } from './encode-node.ts'
import { loaded, lowerBound, type TreeNode, upperBound } from './tree-node.ts'

/**
 * The nodes that prove what `keys` are in this tree, and that let every op on them be inverted (Sync v1.1,
 * https://atproto.com/specs/sync#commit-validation): the ways to each key and to its left and right neighbours. Every node is
 * encoded, the root comes first.
 */
export function coveringProof(root: TreeNode, keys: Iterable<string>): Set<TreeNode> {
  encodeTree(root)
  const nodes = new Set<TreeNode>([root])
  for (const key of keys) {
    descend(root, { slotOf: (all) => lowerBound(all, key), nodes })
    descend(root, { slotOf: (all) => upperBound(all, key), nodes })
  }
  return nodes
}

/** The nodes from the root to where `key` is, or would be: what proves its value or its absence. */
export function pathTo(root: TreeNode, key: string): TreeNode[] {
  encodeTree(root)
  const nodes: TreeNode[] = []
  for (let node: TreeNode | null = root; node !== null; ) {
    nodes.push(node)
    const { keys, children } = loaded(node)
    const slot = lowerBound(keys, key)
    node = keys[slot] === key ? null : (children[slot] as TreeNode | null)
  }
  return nodes
}

function descend(
  root: TreeNode,
  { slotOf, nodes }: { slotOf: (keys: readonly string[]) => number; nodes: Set<TreeNode> },
): void {
  for (let node: TreeNode | null = root; node !== null; ) {
    nodes.add(node)
    const entries = loaded(node)
    node = entries.children[slotOf(entries.keys)] as TreeNode | null
  }
}
