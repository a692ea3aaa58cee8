import type { StoreId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { TreeBuilder } from '@heronry/mst/build-tree'
import { sql } from 'kysely'
import { recordsAfter } from '../rebuild-nodes.ts'
import { BlockStage } from './stage-blocks.ts'

/**
 * Stages the blocks of a repo as it is here, beside those that came: what a CAR of changes (`getRepo` with `since`) leaves out is what the
 * repo has. Memory is one page of paths and one node a layer.
 */
export async function stageCurrent(
  db: Database,
  { importId, storeId }: { importId: bigint; storeId: StoreId },
): Promise<void> {
  const stage = new BlockStage(db, importId)
  const builder = new TreeBuilder(({ cid, body }) => stage.add({ cid, bytes: body }))
  for (let after = ''; ; ) {
    const page = await recordsAfter(db, { storeId, after })
    const last = page.at(-1)
    if (last === undefined) break
    for (const record of page) builder.add(record)
    await sql`
      INSERT INTO import_block (import_id, digest, body)
      SELECT ${importId}::bigint, cid, value FROM record
      WHERE store_id = ${storeId} AND path > ${after} AND path <= ${last.path}`.execute(db)
    await stage.flushIfFull()
    after = last.path
  }
  builder.finish()
  await stage.flush()
}
