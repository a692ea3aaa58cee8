import type { CommunityId, Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

export interface Cursor {
  readonly communityId: CommunityId
  /** The last seq the subscriber has seen, as it says. */
  readonly cursor: number
  /** How far back events are replayed. */
  readonly windowMs: number
}

/**
 * Where a subscriber's stream begins: after `position`, or nowhere because it claims a seq that was never given.
 * `outdated` where events of its community after the cursor are no longer replayed. Not `verified`: no living leader has made
 * sure that this is the last seq; the database may have been put back.
 */
export type ReplayStart =
  | { readonly kind: 'future'; readonly verified: boolean }
  | { readonly kind: 'replay'; readonly position: Seq; readonly outdated: boolean }

/**
 * The cursor's meaning, as the reference server has it: beyond the last seq → future; the first event after it older than
 * the window (or dropped already) → outdated, from the oldest within; otherwise from the cursor on.
 *
 * A look at `event_seq_community` and one event for a cursor within the window. Past it the community's numbers are walked
 * from the cursor on, to the first that is young enough.
 */
export async function replayStart(
  db: Database,
  { communityId, cursor, windowMs }: Cursor,
): Promise<ReplayStart> {
  const { rows } = await sql<Row>`
    SELECT s.last_seq,
           coalesce(s.verified_epoch = s.epoch AND s.lease_until > clock_timestamp(), false) AS verified,
           coalesce(c.last_dropped_seq > ${cursor}, false) AS dropped,
           coalesce(first.created_at < now() - ${windowMs} * interval '1 ms', false) AS aged
    FROM seq_state s
    LEFT JOIN community_seq c ON c.community_id = ${communityId}
    LEFT JOIN LATERAL (
      SELECT seq, hour, event_id FROM event_seq WHERE community_id = ${communityId} AND seq > ${cursor}
      ORDER BY seq LIMIT 1) AS number ON true
    LEFT JOIN LATERAL (
      SELECT created_at FROM event WHERE hour = number.hour AND id = number.event_id LIMIT 1) AS first ON true
  `.execute(db)
  const [row] = rows
  if (row === undefined) throw new Error('seq_state is empty')
  const lastSeq = Number(row.last_seq) as Seq
  if (cursor > lastSeq) return { kind: 'future', verified: row.verified }
  const position = Math.max(cursor, 0) as Seq
  if (!row.dropped && !row.aged) return { kind: 'replay', position, outdated: false }
  const oldest = await oldestWithin(db, { communityId, cursor, windowMs })
  return { kind: 'replay', position: oldest === null ? lastSeq : ((oldest - 1) as Seq), outdated: true }
}

interface Row {
  last_seq: bigint
  verified: boolean
  dropped: boolean
  aged: boolean
}

async function oldestWithin(db: Database, { communityId, cursor, windowMs }: Cursor): Promise<Seq | null> {
  const { rows } = await sql<{ seq: bigint }>`
    SELECT number.seq FROM event_seq number
    CROSS JOIN LATERAL (
      SELECT created_at FROM event WHERE hour = number.hour AND id = number.event_id LIMIT 1) AS event
    WHERE number.community_id = ${communityId} AND number.seq > ${cursor}
      AND number.hour >= floor(extract(epoch FROM now() - ${windowMs} * interval '1 ms') / 3600)::int - 1
      AND event.created_at >= now() - ${windowMs} * interval '1 ms'
    ORDER BY number.seq LIMIT 1`.execute(db)
  const [row] = rows
  return row === undefined ? null : (Number(row.seq) as Seq)
}
