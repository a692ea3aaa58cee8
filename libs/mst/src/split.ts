import { isEmpty, loaded, lowerBound, newNode, type TreeNode } from './tree-node.ts'

/** What lies left and right of `key`, which is not in the tree; null where nothing does. A half that is the whole is the node itself. */
export function splitAround(node: TreeNode, key: string): [TreeNode | null, TreeNode | null] {
  const { keys, values, children } = loaded(node)
  const slot = lowerBound(keys, key)
  const child = children[slot] as TreeNode | null
  const [before, after] = child === null ? [null, null] : splitAround(child, key)
  if (slot === keys.length && after === null) return [node, null]
  if (slot === 0 && before === null) return [null, node]
  const left = {
    keys: keys.slice(0, slot),
    values: values.slice(0, slot),
    children: [...children.slice(0, slot), before],
  }
  const right = {
    keys: keys.slice(slot),
    values: values.slice(slot),
    children: [after, ...children.slice(slot + 1)],
  }
  return [
    isEmpty(left) ? null : newNode(node.layer, left),
    isEmpty(right) ? null : newNode(node.layer, right),
  ]
}
