import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import { assertKey } from './key.ts'
import { keyLayer } from './key-layer.ts'
import { nodeKeysMax } from './limits.ts'
import { splitAround } from './split.ts'
import { type Entries, isEmpty, loaded, lowerBound, newNode, type TreeNode } from './tree-node.ts'

/** The tree with one key more. Throws `RecordAlreadyExists`, or `InvalidRequest` past a limit. */
export function addKey(root: TreeNode, key: string, value: Digest): TreeNode {
  assertKey(key)
  const leaf: NewKey = { key, value, layer: keyLayer(key) }
  if (isEmpty(loaded(root))) return single(leaf)
  return leaf.layer > root.layer ? addAbove(root, leaf) : addWithin(root, leaf)
}

interface NewKey {
  key: string
  value: Digest
  layer: number
}

/** The key lies above the root: everything left and right of it moves down, with empty nodes in between where it lies far above. */
function addAbove(root: TreeNode, leaf: NewKey): TreeNode {
  const [left, right] = splitAround(root, leaf.key)
  return single(leaf, lift(left, leaf.layer - 1), lift(right, leaf.layer - 1))
}

function addWithin(node: TreeNode, leaf: NewKey): TreeNode {
  const entries = loaded(node)
  const slot = lowerBound(entries.keys, leaf.key)
  if (entries.keys[slot] === leaf.key) throw new HeronryError('RecordAlreadyExists', 'Record already exists')
  const child = entries.children[slot] as TreeNode | null
  if (node.layer > leaf.layer) {
    const below = child === null ? lift(single(leaf), node.layer - 1) : addWithin(child, leaf)
    return newNode(node.layer, { ...entries, children: entries.children.with(slot, below) })
  }
  if (entries.keys.length >= nodeKeysMax) {
    throw new HeronryError('InvalidRequest', 'Too many record keys in one node of the tree: choose another')
  }
  const halves = child === null ? [null, null] : splitAround(child, leaf.key)
  return newNode(node.layer, inserted(entries, { slot, leaf, halves }))
}

function inserted(
  entries: Entries,
  { slot, leaf, halves }: { slot: number; leaf: NewKey; halves: (TreeNode | null)[] },
): Entries {
  return {
    keys: entries.keys.toSpliced(slot, 0, leaf.key),
    values: entries.values.toSpliced(slot, 0, leaf.value),
    children: entries.children.toSpliced(slot, 1, ...halves),
  }
}

function single({ key, value, layer }: NewKey, left: TreeNode | null = null, right: TreeNode | null = null) {
  return newNode(layer, { keys: [key], values: [value], children: [left, right] })
}

/** Puts nodes without keys above `node` until it reaches `layer`. */
function lift(node: TreeNode | null, layer: number): TreeNode | null {
  let top = node
  while (top !== null && top.layer < layer) {
    top = newNode(top.layer + 1, { keys: [], values: [], children: [top] })
  }
  return top
}
