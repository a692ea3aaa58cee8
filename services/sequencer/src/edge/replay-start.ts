import type { CommunityId, Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { placeSql } from '../rollback/doubts.ts'

export interface Cursor {
  readonly communityId: CommunityId
  /** The last seq the subscriber has seen, as it says. */
  readonly cursor: number
}

/**
 * Where a subscriber's stream begins: after `position`, or nowhere because it claims a seq that was never given.
 * `outdated` where events of its community after the cursor have been dropped. Not `verified`: no living leader has made
 * sure that this is the last seq; the database may have been put back.
 */
export type ReplayStart =
  | { readonly kind: 'future'; readonly verified: boolean }
  | { readonly kind: 'replay'; readonly position: Seq; readonly outdated: boolean }

/**
 * The cursor's meaning: beyond the last seq → future; something of its community after it was dropped → outdated, from the oldest that
 * is left; nothing of its community after it → from the head, whatever others have said meanwhile; otherwise from the cursor on.
 *
 * Two rows, 0.1 ms: the subscribers of a thousand quiet communities may all come at once.
 */
export async function replayStart(db: Database, { communityId, cursor }: Cursor): Promise<ReplayStart> {
  const { rows } = await sql<Row>`
    SELECT s.last_seq, coalesce(s.verified_epoch = s.epoch AND s.lease_until > clock_timestamp(), false) AS verified,
      coalesce(c.last_seq, 0) AS community_last_seq, coalesce(c.last_dropped_seq, 0) AS last_dropped_seq
    FROM seq_state s LEFT JOIN community_seq c ON c.community_id = ${communityId}`.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('seq_state is empty')
  const lastSeq = Number(row.last_seq) as Seq
  const oldest = Number(row.last_dropped_seq) as Seq
  if (cursor > lastSeq) return { kind: 'future', verified: row.verified && (await isWhereItWasVerified(db)) }
  const outdated = oldest > cursor
  const position = Math.max(cursor, oldest) as Seq
  if (position >= row.community_last_seq) return { kind: 'replay', position: lastSeq, outdated }
  return { kind: 'replay', position, outdated }
}

/**
 * A database that was put back quickly, or a standby that took over, has the term of a leader that is no more, and for a few seconds its
 * lease.
 */
async function isWhereItWasVerified(db: Database): Promise<boolean> {
  const { systemId, timeline, tableOid } = placeSql
  const { rows } = await sql<{ same: boolean }>`
    SELECT coalesce((system_id, timeline, table_oid) = (${sql.raw(systemId)}, ${sql.raw(timeline)}, ${sql.raw(tableOid)}), false) AS same
    FROM seq_state`.execute(db)
  return rows[0]?.same ?? false
}

interface Row {
  last_seq: bigint
  verified: boolean
  community_last_seq: bigint
  last_dropped_seq: bigint
}
