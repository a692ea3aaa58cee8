import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { exactCountRecordsMax } from './read-limits.ts'

export interface RepoCounts {
  readonly records: number
  /** Blocks of an export: the commit, the tree's nodes, the records. */
  readonly blocks: number
  /** Different blobs that records name. */
  readonly blobs: number
}

/**
 * What a repo has; undefined where the actor has none. The leaves of a tree are no rows: each is a run of neighbouring keys of layer 0,
 * which are those whose SHA-256 does not begin with two zero bits. Measured: a scan of the index (store_id, path) alone, 4 µs a record.
 * Larger repos have as many leaves as chance gives them, which is true to a part in a thousand. Records of the same bytes are counted each.
 */
export async function countRepo(
  db: Database,
  actorId: ActorId,
  { exactMax = exactCountRecordsMax }: { exactMax?: number } = {},
): Promise<RepoCounts | undefined> {
  const { rows } = await sql<{ records: bigint; nodes: bigint; leaves: bigint | null; blobs: bigint }>`
    SELECT repo.record_count AS records,
      (SELECT count(layer) FROM mst_node WHERE store_id = repo.store_id) AS nodes,
      CASE WHEN repo.record_count <= ${exactMax}::bigint THEN
        (SELECT count(*) FROM (
           SELECT is_leaf, lag(is_leaf, 1, false) OVER (ORDER BY path) AS follows_leaf
           FROM (SELECT path, get_byte(sha256(convert_to(path, 'UTF8')), 0) >= 64 AS is_leaf
                 FROM record WHERE store_id = repo.store_id) AS keys) AS runs
         WHERE is_leaf AND NOT follows_leaf) END AS leaves,
      (SELECT count(DISTINCT cid) FROM record_blob WHERE store_id = repo.store_id) AS blobs
    FROM repo WHERE actor_id = ${actorId}`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  const records = Number(row.records)
  // A key is of layer 0 three times in four, and begins a run where the one before it is not.
  const leaves = row.leaves === null ? Math.round((records * 3) / 16) : Number(row.leaves)
  // An empty tree is one empty node.
  const nodes = records === 0 ? 1 : Number(row.nodes) + leaves
  return { records, blocks: 1 + nodes + records, blobs: Number(row.blobs) }
}
