import { cidString, type Digest } from '@heronry/core/cid'
import { type DecodedNode, decodeNode } from '@heronry/mst/decode-node'
import type { NodeRow } from '@heronry/mst/diff-rows'
import { assertKey } from '@heronry/mst/key'
import { keyLayer } from '@heronry/mst/key-layer'
import { nodeKeysMax } from '@heronry/mst/limits'
import { badCar } from './bad-car.ts'
import { walkedNodesMax, walkedNodesMin, walkPendingMax } from './limits.ts'
import type { StagedBlock } from './staged-blocks.ts'

/** What comes next of a tree: its records in order, and those of its stored nodes that were seen on the way. */
export interface WalkedPage {
  readonly records: WalkedRecord[]
  /** Layers 1 and above. */
  readonly nodes: NodeRow[]
}

export interface WalkedRecord {
  readonly path: string
  readonly cid: Digest
}

interface Link {
  readonly cid: Digest
  /** Null of the root: its keys say it. */
  readonly layer: number | null
  /** The keys between which all of its own lie; '' and null: there is none. */
  readonly lo: string
  readonly hi: string | null
}

type Pending = Link | WalkedRecord

/** Blocks in the order of `digests`; at least the first is no null. Throws where one is missing. */
export type LoadBlocks = (digests: readonly Digest[]) => Promise<readonly Exclude<StagedBlock, undefined>[]>

/**
 * Walks a tree from its root, in order, and checks all that makes it the one tree of its records: that every node has the one form of its
 * entries, with valid keys in order between those of its parent, each on its own layer, and no node is empty or too many.
 *
 * Each query loads the next `walkedNodesMax` nodes in the order of the tree, so that it goes down layer by layer at first, and then along:
 * what waits in memory is some ways from the root to the leaves, whatever the size of the tree. Throws `InvalidRequest`.
 */
export async function* walkTree(load: LoadBlocks, root: Digest): AsyncGenerator<WalkedPage> {
  /** The next is the last. */
  const pending: Pending[] = [{ cid: root, layer: null, lo: '', hi: null }]
  while (pending.length > 0) {
    const records = takeRecords(pending)
    const front = takeFront(pending)
    const links = front.filter((item) => 'lo' in item)
    const bodies = links.length === 0 ? [] : await load(links.map(({ cid }) => cid))
    const nodes: NodeRow[] = []
    const expanded: Pending[] = []
    let next = 0
    for (const item of front) {
      const body = 'lo' in item ? bodies[next++] : undefined
      if (!('lo' in item) || body === null || body === undefined) expanded.push(item)
      else expand(item, body, { into: expanded, nodes })
    }
    for (let index = expanded.length - 1; index >= 0; index--) pending.push(expanded[index] as Pending)
    yield { records, nodes }
  }
}

function takeRecords(pending: Pending[]): WalkedRecord[] {
  const records: WalkedRecord[] = []
  for (let item = pending.at(-1); item !== undefined && !('lo' in item); item = pending.at(-1)) {
    records.push(item)
    pending.pop()
  }
  return records
}

/** As many links as are to be loaded at once, with the records between them. */
function takeFront(pending: Pending[]): Pending[] {
  const linksMax = pending.length > walkPendingMax ? walkedNodesMin : walkedNodesMax
  const front: Pending[] = []
  for (let links = 0; links < linksMax; ) {
    const item = pending.pop()
    if (item === undefined) break
    if ('lo' in item) links++
    front.push(item)
  }
  return front
}

function expand(link: Link, body: Buffer, { into, nodes }: { into: Pending[]; nodes: NodeRow[] }): void {
  const node = decoded(link, body)
  const layer = link.layer ?? rootLayer(link, node)
  checkKeys({ ...link, layer }, node)
  const { keys, values, links } = node
  for (let slot = 0; slot <= keys.length; slot++) {
    const child = links[slot] ?? null
    const lo = slot === 0 ? link.lo : (keys[slot - 1] as string)
    const hi = keys[slot] ?? link.hi
    if (child !== null) into.push({ cid: child, layer: layer - 1, lo, hi })
    if (slot < keys.length) into.push({ path: keys[slot] as string, cid: values[slot] as Digest })
  }
  if (layer > 0) nodes.push({ layer, lo: link.lo, cid: link.cid, body })
}

function decoded({ cid }: Link, body: Buffer): DecodedNode {
  try {
    return decodeNode(body)
  } catch (cause) {
    const why = cause instanceof Error && cause.name === 'Error' ? cause.message : 'Not a tree node'
    throw badCar(`The node ${cidString(cid)} of the tree is not in its one valid form: ${why}`, cause)
  }
}

/** The root has a key, or is the one node of an empty tree. */
function rootLayer({ cid }: Link, { keys, links }: DecodedNode): number {
  const [first] = keys
  if (first !== undefined) return keyLayer(first)
  if (links[0] !== null)
    throw badCar(`The root ${cidString(cid)} of the tree has no key: it lies above its own layer`)
  return 0
}

function checkKeys(link: Link & { layer: number }, { keys, links }: DecodedNode): void {
  const { layer, lo, hi } = link
  const name = cidString(link.cid)
  if (keys.length > nodeKeysMax) {
    throw badCar(`The node ${name} of the tree has ${keys.length} keys, more than ${nodeKeysMax}`)
  }
  const isEmpty = keys.length === 0 && links[0] === null
  if (isEmpty && link.layer !== null && !(lo === '' && hi === null && layer === 0)) {
    throw badCar(`The node ${name} of the tree is empty`)
  }
  if (layer === 0 && links.some((child) => child !== null)) {
    throw badCar(`The node ${name} of the tree has a node below it, on a layer below the last`)
  }
  for (const key of keys) {
    assertKey(key)
    if (keyLayer(key) !== layer) {
      throw badCar(`The record path ${key} lies on layer ${keyLayer(key)} of the tree, not ${layer}`)
    }
  }
  const [first = lo] = keys
  const last = keys.at(-1)
  const isOutside = last !== undefined && ((lo !== '' && first <= lo) || (hi !== null && last >= hi))
  if (isOutside) throw badCar(`The record paths of the node ${name} of the tree are out of order`)
}
