import { type Digest, digestsEqual } from '@heronry/core/cid'
import type { StoreId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { addKey } from '@heronry/mst/add-key'
import { deleteKey } from '@heronry/mst/delete-key'
import { diffRows, type Position } from '@heronry/mst/diff-rows'
import { type Gap, gapsOf } from '@heronry/mst/gaps'
import { getValue } from '@heronry/mst/get-value'
import { type KeyValue, loadBytes, loadLeaf } from '@heronry/mst/load-node'
import { type TreeNode, unloadedNode } from '@heronry/mst/tree-node'
import { updateKey } from '@heronry/mst/update-key'
import { sql } from 'kysely'
import { insertNodes } from './rebuild-nodes.ts'

/** The tree of a store with the ways to `paths` loaded: before its records change, since leaves are derived from them. */
export async function loadTree(
  tx: Transaction,
  { storeId, root: { layer, cid }, paths }: { storeId: StoreId; root: StoredRoot; paths: readonly string[] },
): Promise<TreeNode> {
  const tree = unloadedNode(layer, '', cid)
  for (let gaps = gapsOf(tree, paths); gaps.length > 0; gaps = gapsOf(tree, paths)) {
    const loaded = [
      ...(await loadInner(tx, { storeId, gaps: gaps.filter((gap) => gap.layer > 0) })),
      ...(await loadLeaves(tx, { storeId, gaps: gaps.filter((gap) => gap.layer === 0) })),
    ]
    if (loaded.includes(false)) throw new Error(`The nodes of store ${storeId} are not those of its root`)
  }
  return tree
}

interface StoredRoot {
  readonly layer: number
  readonly cid: Digest
}

/** What `paths` are to have; null: nothing. Writes the nodes that change, and answers the new tree. */
export async function patchTree(
  tx: Transaction,
  { storeId, tree, values }: { storeId: StoreId; tree: TreeNode; values: ReadonlyMap<string, Digest | null> },
): Promise<TreeNode> {
  let patched = tree
  for (const [path, cid] of values) patched = withValue(patched, path, cid)
  const { root, upserts, deletes } = diffRows(tree, patched)
  await deleteNodes(tx, { storeId, positions: [...deletes, ...upserts] })
  await insertNodes(tx, { storeId, rows: upserts })
  return root
}

function withValue(tree: TreeNode, path: string, cid: Digest | null): TreeNode {
  const current = getValue(tree, path)
  if (cid === null) return current === null ? tree : deleteKey(tree, path)
  if (current === null) return addKey(tree, path, cid)
  return digestsEqual(current, cid) ? tree : updateKey(tree, path, cid)
}

interface StoreGaps {
  readonly storeId: StoreId
  readonly gaps: readonly Gap[]
}

async function loadInner(tx: Transaction, { storeId, gaps }: StoreGaps): Promise<boolean[]> {
  if (gaps.length === 0) return []
  const { rows } = await sql<{ n: bigint; body: Buffer }>`
    SELECT g.n, m.body
    FROM unnest(${gaps.map((gap) => gap.layer)}::smallint[], ${gaps.map((gap) => gap.lo)}::text[])
      WITH ORDINALITY AS g (layer, lo, n)
    JOIN mst_node m ON m.store_id = ${storeId} AND m.layer = g.layer AND m.lo = g.lo COLLATE "C"`.execute(tx)
  const bodies = new Map(rows.map(({ n, body }) => [Number(n), body]))
  return gaps.map(({ node }, index) => {
    const body = bodies.get(index + 1)
    return body !== undefined && loadBytes(node, body)
  })
}

async function loadLeaves(tx: Transaction, { storeId, gaps }: StoreGaps): Promise<boolean[]> {
  if (gaps.length === 0) return []
  const { rows } = await sql<{ n: bigint; path: string; cid: Buffer }>`
    SELECT g.n, r.path, r.cid
    FROM unnest(${gaps.map((gap) => gap.lo)}::text[], ${gaps.map((gap) => gap.hi)}::text[])
      WITH ORDINALITY AS g (lo, hi, n)
    CROSS JOIN LATERAL (
      SELECT path, cid FROM record WHERE store_id = ${storeId} AND path > g.lo COLLATE "C"
        AND (g.hi IS NULL OR path < g.hi COLLATE "C") ORDER BY path) r`.execute(tx)
  const leaves = gaps.map((): KeyValue[] => [])
  for (const { n, path, cid } of rows) leaves[Number(n) - 1]?.push({ path, cid: cid as Uint8Array as Digest })
  return gaps.map(({ node }, index) => loadLeaf(node, leaves[index] as KeyValue[]))
}

async function deleteNodes(
  tx: Transaction,
  { storeId, positions }: { storeId: StoreId; positions: readonly Position[] },
): Promise<void> {
  await sql`DELETE FROM mst_node m
    USING unnest(${positions.map(({ layer }) => layer)}::smallint[], ${positions.map(({ lo }) => lo)}::text[]) AS p (layer, lo)
    WHERE m.store_id = ${storeId} AND m.layer = p.layer AND m.lo = p.lo COLLATE "C"`.execute(tx)
}
