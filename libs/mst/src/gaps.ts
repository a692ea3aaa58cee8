import { childLo, lowerBound, type TreeNode, upperBound } from './tree-node.ts'

/** A node that is needed and not loaded: the row (layer, lo), or for layer 0 the records with lo < path < hi. */
export interface Gap {
  node: TreeNode
  layer: number
  lo: string
  /** The key right of the subtree; null at the right edge. */
  hi: string | null
}

/**
 * The first unloaded node on each way that mutations of `keys` and their covering proofs take: down to where the keys just before and
 * just after each key lie. Load them (load-node.ts) and ask again, until there is none: then every add, update and delete of
 * these keys, in any order, and the proofs and rows that come of it find what they need.
 *
 * The reason: a mutation only changes nodes on these ways, and the ways of another key lead through unchanged nodes or those.
 */
export function gapsOf(root: TreeNode, keys: Iterable<string>): Gap[] {
  const gaps = new Map<TreeNode, Gap>()
  for (const key of keys) {
    for (const bound of [lowerBound, upperBound]) {
      const gap = firstGap(root, { key, bound })
      if (gap !== null) gaps.set(gap.node, gap)
    }
  }
  return [...gaps.values()]
}

function firstGap(
  root: TreeNode,
  { key, bound }: { key: string; bound: (keys: readonly string[], key: string) => number },
): Gap | null {
  let lo = ''
  let hi: string | null = null
  for (let node: TreeNode | null = root; node !== null; ) {
    if (node.entries === null) return { node, layer: node.layer, lo, hi }
    const slot = bound(node.entries.keys, key)
    lo = childLo(node.entries, lo, slot)
    hi = node.entries.keys[slot] ?? hi
    node = node.entries.children[slot] as TreeNode | null
  }
  return null
}
