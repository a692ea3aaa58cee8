import { type Digest, digestsEqual, sha256 } from '@heronry/core/cid'
import { decodeEntries } from './decode-node.ts'
import { encodeEntries } from './encode-node.ts'
import type { Entries, TreeNode } from './tree-node.ts'

/** A record as its leaf sees it. */
export interface KeyValue {
  readonly path: string
  readonly cid: Digest
}

/** Fills an unloaded node with stored bytes. False, and nothing is filled in, when they are not what its digest names. */
export function loadBytes(node: TreeNode, bytes: Uint8Array): boolean {
  if (!names(node, bytes)) return false
  fill(node, { bytes, entries: decodeEntries(bytes, { layer: node.layer, lo: node.storedLo ?? '' }) })
  return true
}

/** Fills an unloaded node of layer 0 with the records of its range, ascending. False when its digest names others. */
export function loadLeaf(node: TreeNode, records: readonly KeyValue[]): boolean {
  const entries: Entries = {
    keys: records.map((record) => record.path),
    values: records.map((record) => record.cid),
    children: Array<null>(records.length + 1).fill(null),
  }
  const bytes = encodeEntries(entries)
  if (!names(node, bytes)) return false
  fill(node, { bytes, entries })
  return true
}

function names(node: TreeNode, bytes: Uint8Array): boolean {
  return node.digest !== null && digestsEqual(sha256(bytes), node.digest)
}

function fill(node: TreeNode, { bytes, entries }: { bytes: Uint8Array; entries: Entries }): void {
  node.bytes = bytes
  node.entries = entries
}
