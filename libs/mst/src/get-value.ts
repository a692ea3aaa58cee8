import type { Digest } from '@heronry/core/cid'
import { loaded, lowerBound, type TreeNode } from './tree-node.ts'

/** The value at `key`, or null. The path to the key must be loaded. */
export function getValue(root: TreeNode, key: string): Digest | null {
  for (let node: TreeNode | null = root; node !== null; ) {
    const { keys, values, children } = loaded(node)
    const slot = lowerBound(keys, key)
    if (keys[slot] === key) return values[slot] as Digest
    node = children[slot] as TreeNode | null
  }
  return null
}
