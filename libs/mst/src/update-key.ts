import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import { loaded, lowerBound, newNode, type TreeNode } from './tree-node.ts'

/** The tree with another value at `key`. Throws `RecordNotFound`. */
export function updateKey(node: TreeNode, key: string, value: Digest): TreeNode {
  const entries = loaded(node)
  const slot = lowerBound(entries.keys, key)
  if (entries.keys[slot] === key) {
    return newNode(node.layer, { ...entries, values: entries.values.with(slot, value) })
  }
  const child = entries.children[slot] as TreeNode | null
  if (child === null) throw new HeronryError('RecordNotFound', 'Could not locate record')
  const below = updateKey(child, key, value)
  return newNode(node.layer, { ...entries, children: entries.children.with(slot, below) })
}
