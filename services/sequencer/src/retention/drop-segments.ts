import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { segmentsDroppedMax } from '../limits.ts'

export interface SegmentRetention {
  readonly db: Database
  /** Undefined: the house has no archive any more; the objects of an earlier one are left where they are. */
  readonly objects: BlobObjects | undefined
  readonly keptMs: number
}

/**
 * Drops the oldest segments, up to the first that is young enough. What each community loses by it stands in `last_dropped_seq` from the
 * same transaction on; the objects go after it. kill -9 in between: they are strays.
 */
export async function dropSegments({ db, objects, keptMs }: SegmentRetention): Promise<void> {
  while (await isDue(db, keptMs)) {
    const keys = await inTransaction(db, { name: 'drop-segments' }, async (tx) => {
      // As the stamping does, first this row and then those of the communities: neither waits for the other in a circle.
      await sql`SELECT FROM seq_state FOR NO KEY UPDATE`.execute(tx)
      const { rows } = await sql<{ object_key: string }>`
        WITH gone AS (
          DELETE FROM event_segment WHERE last_seq IN (
            SELECT last_seq FROM event_segment
            WHERE last_seq < coalesce((SELECT min(last_seq) FROM event_segment WHERE NOT ${isTooOld(keptMs)}), ${Number.MAX_SAFE_INTEGER})
            ORDER BY last_seq LIMIT ${segmentsDroppedMax})
          RETURNING last_seq, object_key),
        lost AS (
          DELETE FROM event_segment_community c USING gone WHERE c.segment_last_seq = gone.last_seq
          RETURNING c.community_id, c.last_seq),
        told AS (
          UPDATE community_seq c SET last_dropped_seq = greatest(c.last_dropped_seq, l.last_seq)
          FROM (SELECT community_id, max(last_seq) AS last_seq FROM lost GROUP BY community_id) AS l
          WHERE c.community_id = l.community_id)
        SELECT object_key FROM gone`.execute(tx)
      return rows.map((row) => row.object_key)
    })
    await objects?.deleteMany(keys)
  }
}

async function isDue(db: Database, keptMs: number): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    SELECT ${isTooOld(keptMs)} AS due FROM event_segment ORDER BY last_seq LIMIT 1`.execute(db)
  return rows[0]?.due ?? false
}

function isTooOld(keptMs: number) {
  return sql<boolean>`((last_hour + 1) * interval '1 hour' + ${keptMs} * interval '1 ms' <= now() - to_timestamp(0))`
}
