import { cidString, type Digest, digestsEqual } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { TreeBuilder } from '@heronry/mst/build-tree'
import type { NodeRow } from '@heronry/mst/diff-rows'
import { sql } from 'kysely'
import { rebuildPageMax } from './limits.ts'

/**
 * Replaces the stored nodes of a repo by those its records make, under the repo's row lock: commits wait or lose meanwhile. Throws, and
 * changes nothing, when the records are not what `repo.data` names: then it is the records that were damaged.
 *
 * kill -9 here → nothing happened, the next reader rebuilds.
 */
export function rebuildNodes(db: Database, actorId: ActorId): Promise<void> {
  return inTransaction(db, { name: 'rebuild-nodes' }, async (tx) => {
    const repo = await tx
      .selectFrom('repo')
      .select(['store_id', 'data'])
      .where('actor_id', '=', actorId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    await tx.deleteFrom('mst_node').where('store_id', '=', repo.store_id).execute()
    const root = await storeTree(tx, repo.store_id)
    if (!digestsEqual(root, repo.data)) {
      const names = `${cidString(root)}, not ${cidString(repo.data as Digest)}`
      throw new Error(`The records of actor ${actorId} make the tree ${names}`)
    }
  })
}

async function storeTree(tx: Transaction, storeId: bigint): Promise<Digest> {
  const pending: NodeRow[] = []
  const builder = new TreeBuilder((row) => {
    if (row.layer > 0) pending.push(row)
  })
  for (let after = ''; ; ) {
    const page = await recordsAfter(tx, { storeId, after })
    for (const record of page) builder.add(record)
    if (pending.length >= rebuildPageMax) await insertNodes(tx, { storeId, rows: pending.splice(0) })
    const last = page.at(-1)
    if (last === undefined) break
    after = last.path
  }
  const root = builder.finish()
  await insertNodes(tx, { storeId, rows: pending })
  return root.digest as Digest
}

export async function recordsAfter(tx: Database, { storeId, after }: { storeId: bigint; after: string }) {
  const rows = await tx
    .selectFrom('record')
    .select(['path', 'cid'])
    .where('store_id', '=', storeId)
    .where('path', '>', after)
    .orderBy('path')
    .limit(rebuildPageMax)
    .execute()
  return rows.map(({ path, cid }) => ({ path, cid: cid as Digest }))
}

export async function insertNodes(
  db: Database,
  { storeId, rows }: { storeId: bigint; rows: readonly NodeRow[] },
): Promise<void> {
  await sql`INSERT INTO mst_node (store_id, layer, lo, cid, body)
    SELECT ${storeId}, * FROM unnest(${rows.map((row) => row.layer)}::smallint[], ${rows.map((row) => row.lo)}::text[],
      ${rows.map((row) => Buffer.from(row.cid))}::bytea[], ${rows.map((row) => Buffer.from(row.body))}::bytea[])`.execute(
    db,
  )
}
