import type { Digest } from '@heronry/core/cid'

/**
 * A node of a Merkle search tree, loaded or not: a partial tree is a root `TreeNode` whose unloaded nodes know only their digest.
 *
 * Its position is (layer, lo): `lo` is the key left of its subtree, '' at the left edge. The position follows from the
 * parent and is not part of the node's bytes.
 *
 * Invariant: what a node means never changes. `entries`, `bytes` and `digest` are filled in once (by loading or encoding), so trees
 * share nodes freely; a mutation copies the path to the root.
 */
export interface TreeNode {
  readonly layer: number
  /** Where the row of this node stands: null for a node that no row has yet. */
  storedLo: string | null
  /** Null until encoded. */
  digest: Digest | null
  /** Null until loaded or encoded. */
  bytes: Uint8Array | null
  /** Null until loaded. */
  entries: Entries | null
}

/** Invariant: keys ascend; children are one more than keys; `children[i]` holds what lies before `keys[i]`. */
export interface Entries {
  readonly keys: readonly string[]
  readonly values: readonly Digest[]
  /** Changed only to put a copy of the same meaning in place (diff-rows.ts). */
  readonly children: (TreeNode | null)[]
}

export function newNode(layer: number, entries: Entries): TreeNode {
  return { layer, storedLo: null, digest: null, bytes: null, entries }
}

export function unloadedNode(layer: number, lo: string, digest: Digest): TreeNode {
  return { layer, storedLo: lo, digest, bytes: null, entries: null }
}

/** The tree of an empty repo: one node of layer 0, without keys. */
export function emptyTree(): TreeNode {
  return newNode(0, { keys: [], values: [], children: [null] })
}

export function isEmpty(entries: Entries): boolean {
  return entries.keys.length === 0 && entries.children[0] === null
}

/**
 * The entries of a node that must be loaded: `gapsOf` for the keys of all mutations comes first, and what it loads is all that
 * they and their proofs touch. A miss is a programmer's error.
 */
export function loaded(node: TreeNode): Entries {
  if (node.entries === null)
    throw new Error(`A tree node of layer ${node.layer} after ${node.storedLo} is not loaded`)
  return node.entries
}

/** Index of the first key ≥ `key`: the slot of the child in which the keys just before `key` lie. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  for (let high = keys.length; low < high; ) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the first key > `key`: the slot of the child in which the keys just after `key` lie. */
export function upperBound(keys: readonly string[], key: string): number {
  const index = lowerBound(keys, key)
  return keys[index] === key ? index + 1 : index
}

/** The `lo` of the child in `slot` of a node that stands at `lo`. */
export function childLo(entries: Entries, lo: string, slot: number): string {
  return slot === 0 ? lo : (entries.keys[slot - 1] as string)
}
