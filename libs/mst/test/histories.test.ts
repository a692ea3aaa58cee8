import { cidString, type Digest, digestsEqual, sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { addKey } from '../src/add-key.ts'
import { deleteKey } from '../src/delete-key.ts'
import { diffRows, type NodeRow } from '../src/diff-rows.ts'
import { encodeTree } from '../src/encode-node.ts'
import { getValue } from '../src/get-value.ts'
import { keyLayer } from '../src/key-layer.ts'
import { coveringProof } from '../src/proof.ts'
import type { TreeNode } from '../src/tree-node.ts'
import { updateKey } from '../src/update-key.ts'
import { invert, OracleTree, type TestOp } from './oracle.ts'
import { seededRandom } from './random.ts'
import { StoredTree } from './stored-tree.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
/** Of each kind of keys: 201 in all. */
const histories = soak ? 1_000 : 67
const opsPerHistory = 500
/** Commits after which the proof is compared and inverted, and the stored rows are those of a rebuild; roots are compared after each. */
const commitsPerRebuild = soak ? 1 : 10

const pools = {
  'keys as they come': (seed: number) => keys(seed, () => true),
  'keys mined to lie high': (seed: number) => [
    ...keys(seed, (key) => keyLayer(key) >= 2),
    ...keys(seed, () => true),
  ],
  'keys mined for two layers far apart': (seed: number) =>
    keys(seed, (key) => keyLayer(key) === 0 || keyLayer(key) >= 4),
}

for (const [name, pool] of Object.entries(pools)) {
  test(
    `roots, rows and proofs equal the reference's and invert: ${name}`,
    async () => {
      for (let seed = 1; seed <= histories; seed++) await runHistory(seed, pool(seed))
    },
    soak ? 3_600_000 : 120_000,
  )
}

async function runHistory(seed: number, pool: readonly string[]): Promise<void> {
  const random = seededRandom(seed)
  const store = new StoredTree()
  const oracle = new OracleTree()
  let prevData = encodeTree(store.open([]))
  for (let done = 0, commits = 1; done < opsPerHistory; commits++) {
    const ops = randomOps({ random, pool, records: store.records, deleting: done > opsPerHistory * 0.6 })
    done += ops.length
    const paths = ops.map((op) => op.path)
    const before = store.open(paths)
    // A commit that is not made: what it did to the tree is thrown away, and must have left it as it was.
    diffRows(before, applyOps(before, ops))
    const after = applyOps(before, ops)
    const proof = [...coveringProof(after, paths)]
    const root = after.digest as Digest
    const fresh = store.commit(
      before,
      after,
      ops.map((op) => [op.path, op.cid]),
    )
    const expected = await oracle.apply(ops)
    if (!digestsEqual(root, expected)) {
      throw new Error(`Seed ${seed}, ${done} ops: ${cidString(root)} instead of ${cidString(expected)}`)
    }
    const previous = prevData
    prevData = root
    if (commits % commitsPerRebuild !== 0 && done < opsPerHistory) continue
    const expectedProof = await oracle.proof(ops)
    expect(texts(proof)).toEqual([...expectedProof.keys()].sort())
    for (const row of fresh)
      expect(expectedProof.has(cidString(row.cid)) || moved(row.cid, before)).toBe(true)
    const blocks = proof.map((node): [Digest, Uint8Array] => [
      node.digest as Digest,
      node.bytes as Uint8Array,
    ])
    expect(cidString(await invert(root, blocks, ops))).toBe(cidString(previous))
    const rebuilt = store.rebuilt()
    expect([rebuilt.root.layer, text(rebuilt.root.digest)]).toEqual([after.layer, text(root)])
    expect(rowTexts(store.rows)).toEqual(rowTexts(rebuilt.rows))
  }
}

function text(digest: Digest | null): string {
  return digest === null ? 'nothing' : cidString(digest)
}

function rowTexts(rows: ReadonlyMap<string, NodeRow>): string[] {
  return [...rows].map(([key, { cid, body }]) => `${key} ${cidString(cid)} ${cidString(sha256(body))}`).sort()
}

/** Whether the node was in the tree before: its row is new only because the key left of it is another. */
function moved(cid: Digest, before: TreeNode): boolean {
  if (cidString(encodeTree(before)) === cidString(cid)) return true
  return before.entries?.children.some((child) => child !== null && moved(cid, child)) ?? false
}

function texts(nodes: readonly TreeNode[]): string[] {
  return nodes.map((node) => cidString(node.digest as Digest)).sort()
}

function applyOps(root: TreeNode, ops: readonly TestOp[]): TreeNode {
  let tree = root
  for (const { action, path, cid, prev } of ops) {
    const found = getValue(tree, path)
    if (Buffer.compare(found ?? nothing, prev ?? nothing) !== 0) throw new Error(`Not the value of ${path}`)
    if (action === 'delete') tree = deleteKey(tree, path)
    else tree = (action === 'create' ? addKey : updateKey)(tree, path, cid as Digest)
  }
  return tree
}

const nothing = new Uint8Array()

/** One commit's ops, each path once. */
function randomOps(input: {
  random: ReturnType<typeof seededRandom>
  pool: readonly string[]
  records: ReadonlyMap<string, Digest>
  deleting: boolean
}): TestOp[] {
  const { random, pool, records, deleting } = input
  const count = random.below(3) === 0 ? 1 + random.below(12) : 1
  const ops = new Map<string, TestOp>()
  for (let index = 0; index < count; index++) {
    const path = deleting && records.size > 0 ? random.pick([...records.keys()]) : random.pick(pool)
    const prev = records.get(path) ?? null
    const cid =
      prev !== null && random.below(3) > 0 ? null : sha256(Buffer.from(`${path} ${random.below(1e9)}`))
    ops.set(path, { action: prev === null ? 'create' : cid === null ? 'delete' : 'update', path, cid, prev })
  }
  return [...ops.values()]
}

function keys(seed: number, wanted: (key: string) => boolean): string[] {
  const found: string[] = []
  for (let index = 0; found.length < 120; index++) {
    const key = `app.bsky.feed.${index % 2 === 0 ? 'post' : 'like'}/${(seed * 1e9 + index * 7919).toString(36)}`
    if (wanted(key)) found.push(key)
  }
  return found
}
