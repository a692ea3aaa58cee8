import { cidString, type Digest, digestsEqual } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { CommitOp } from '@heronry/events/event'
import { addKey } from '@heronry/mst/add-key'
import { deleteKey } from '@heronry/mst/delete-key'
import { getValue } from '@heronry/mst/get-value'
import type { TreeNode } from '@heronry/mst/tree-node'
import { updateKey } from '@heronry/mst/update-key'
import type { PreparedWrite } from './prepared-write.ts'

/** What writes made of a tree. */
export interface AppliedWrites {
  readonly root: TreeNode
  /** The net effect on each path, in the order in which the paths were first touched. */
  readonly ops: readonly CommitOp[]
  /** The last write to each path that had an effect. */
  readonly last: ReadonlyMap<string, PreparedWrite>
}

/**
 * Applies one request's writes in order. Throws `InvalidSwap`, `RecordAlreadyExists` (create of what is there) and `RecordNotFound` (update or
 * delete of what is not). A path that was written more than once is one op: consumers refuse a path that occurs twice.
 */
export function applyWrites(root: TreeNode, writes: readonly PreparedWrite[]): AppliedWrites {
  const before = new Map<string, Digest | null>()
  const last = new Map<string, PreparedWrite>()
  let tree = root
  for (const write of writes) {
    const current = getValue(tree, write.path)
    if (isIdle(write, current)) continue
    assertSwap(write, current)
    if (!before.has(write.path)) before.set(write.path, current)
    last.set(write.path, write)
    tree = written(tree, { write, current })
  }
  const ops = [...before].flatMap(([path, prev]) => netOp({ path, prev, cid: last.get(path)?.cid ?? null }))
  return { root: tree, ops, last }
}

/** Whether none of the writes would change anything: no commit comes of them, whatever they ask to be compared with. */
export function areIdle(root: TreeNode, writes: readonly PreparedWrite[]): boolean {
  return (
    writes.length > 0 &&
    writes.every((write) => mayBeIdle(write) && isIdle(write, getValue(root, write.path)))
  )
}

function mayBeIdle({ action, missing }: PreparedWrite): boolean {
  return action === 'put' || (action === 'delete' && missing === 'ignore')
}

/** A put of what is there already, or an ignored delete of what is not. */
function isIdle(write: PreparedWrite, current: Digest | null): boolean {
  if (!mayBeIdle(write)) return false
  return write.cid === null || current === null ? write.cid === current : digestsEqual(write.cid, current)
}

function assertSwap({ swapRecord }: PreparedWrite, current: Digest | null): void {
  if (swapRecord === undefined) return
  const equal =
    swapRecord === null || current === null ? swapRecord === current : digestsEqual(swapRecord, current)
  if (!equal) {
    throw new HeronryError('InvalidSwap', `Record was at ${current === null ? 'null' : cidString(current)}`)
  }
}

/** The tree after the write. */
function written(
  tree: TreeNode,
  { write, current }: { write: PreparedWrite; current: Digest | null },
): TreeNode {
  const { action, path, cid } = write
  if (action === 'delete' || cid === null) return deleteKey(tree, path)
  if (action === 'create' || (action === 'put' && current === null)) return addKey(tree, path, cid)
  return updateKey(tree, path, cid)
}

function netOp({ path, prev, cid }: { path: string; prev: Digest | null; cid: Digest | null }): CommitOp[] {
  if (prev === null) return cid === null ? [] : [{ action: 'create', path, cid }]
  return [{ action: cid === null ? 'delete' : 'update', path, cid, prev }]
}
