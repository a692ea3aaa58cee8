import { HeronryError } from '@heronry/core/error'
import { nodeKeysMax } from './limits.ts'
import { type Entries, emptyTree, isEmpty, loaded, lowerBound, newNode, type TreeNode } from './tree-node.ts'

/** The tree without `key`, its top trimmed of nodes that hold no key. Throws `RecordNotFound`. */
export function deleteKey(root: TreeNode, key: string): TreeNode {
  let top = deleteWithin(root, key)
  while (top !== null && loaded(top).keys.length === 0) top = loaded(top).children[0] as TreeNode | null
  return top ?? emptyTree()
}

function deleteWithin(node: TreeNode, key: string): TreeNode | null {
  const entries = loaded(node)
  const slot = lowerBound(entries.keys, key)
  const rest = entries.keys[slot] === key ? removed(entries, slot) : deletedBelow(entries, { slot, key })
  return isEmpty(rest) ? null : newNode(node.layer, rest)
}

function removed({ keys, values, children }: Entries, slot: number): Entries {
  const [left, right] = children.slice(slot, slot + 2) as [TreeNode | null, TreeNode | null]
  return {
    keys: keys.toSpliced(slot, 1),
    values: values.toSpliced(slot, 1),
    children: children.toSpliced(slot, 2, merged(left, right)),
  }
}

function deletedBelow(entries: Entries, { slot, key }: { slot: number; key: string }): Entries {
  const child = entries.children[slot] as TreeNode | null
  if (child === null) throw new HeronryError('RecordNotFound', 'Could not locate record')
  return { ...entries, children: entries.children.with(slot, deleteWithin(child, key)) }
}

/** One tree out of two neighbours of a layer, every key of `left` before every key of `right`. */
function merged(left: TreeNode | null, right: TreeNode | null): TreeNode | null {
  if (left === null) return right
  if (right === null) return left
  const before = loaded(left)
  const after = loaded(right)
  const between = merged(before.children.at(-1) as TreeNode | null, after.children[0] as TreeNode | null)
  const keys = [...before.keys, ...after.keys]
  if (keys.length > nodeKeysMax) {
    throw new HeronryError(
      'InvalidRequest',
      'Too many record keys in one node of the tree: delete others first',
    )
  }
  return newNode(left.layer, {
    keys,
    values: [...before.values, ...after.values],
    children: [...before.children.slice(0, -1), between, ...after.children.slice(1)],
  })
}
