import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { ChunkEvent } from '@heronry/events/chunk'
import type { EventKind } from '@heronry/events/event'
import type { LeaderSession } from '../leader/session.ts'
import { chunkBytesMax, chunkEventsMax } from '../limits.ts'

/** A beginning of a range of the numbering, or all of it; `gap`: an event that belongs to it was not found. */
export interface StampedEvents {
  readonly events: readonly ChunkEvent[]
  readonly upto: Seq
  readonly gap: boolean
}

/**
 * Reads what has just been stamped, as much of it as a chunk holds: a further event only where both limits allow it, and the first one
 * in any case. What its actor's deletion has suppressed is passed over.
 *
 * It looks into the partitions of this hour and those beside it alone, by the clock of this process: an event of another hour is a gap, and
 * the caller looks for it everywhere.
 */
export async function readChunk(
  session: LeaderSession,
  { after, upto }: { after: Seq; upto: Seq },
): Promise<StampedEvents> {
  const hour = Math.floor(Date.now() / 3_600_000)
  const values = [after, upto, chunkEventsMax, chunkBytesMax, hour - 1, hour + 1]
  const rows = await session.query<Row>(statement, values)
  const isCut = rows.length === chunkEventsMax || rows.length < Number(rows[0]?.found ?? 0)
  return {
    events: rows.filter(isPresent).map(chunkEvent),
    upto: isCut ? (Number(rows.at(-1)?.seq) as Seq) : upto,
    gap: rows.some((row) => row.body === null && !row.suppressed),
  }
}

// Prepared once, generic (see session.ts). The hours are parameters, so that of 50 partitions three are looked at, at the start of the
// statement; found by a join, all 50 are opened. Bodies' lengths come from their TOAST pointers: what is cut off is not read.
const statement = {
  name: 'read-chunk',
  text: `
WITH page AS MATERIALIZED (
  SELECT n.seq, n.community_id, n.actor_id, n.hour, n.event_id, x.actor_id IS NOT NULL AS suppressed
  FROM event_seq n LEFT JOIN event_suppress x ON x.actor_id = n.actor_id AND n.seq <= x.upto_seq
  WHERE n.seq > $1 AND n.seq <= $2 ORDER BY n.seq LIMIT $3),
sized AS (
  SELECT page.seq, page.community_id, page.actor_id, page.suppressed, e.kind, e.seq_at, e.body,
         sum(octet_length(e.body)) OVER (ORDER BY page.seq ROWS UNBOUNDED PRECEDING) AS total
  FROM page LEFT JOIN LATERAL (
    SELECT kind, seq_at, body FROM event
    WHERE hour BETWEEN $5 AND $6 AND hour = page.hour AND id = page.event_id AND NOT page.suppressed LIMIT 1) AS e ON true)
SELECT seq, community_id, actor_id, suppressed, kind, seq_at, body, (SELECT count(*) FROM page) AS found FROM sized
WHERE coalesce(total, 0) <= $4 OR total = octet_length(body) ORDER BY seq`,
}

interface Row {
  seq: bigint
  community_id: CommunityId
  actor_id: ActorId
  suppressed: boolean
  kind: EventKind | null
  seq_at: number | null
  body: Buffer | null
  found: bigint
}

type PresentRow = Row & { kind: EventKind; seq_at: number; body: Buffer }

function isPresent(row: Row): row is PresentRow {
  return row.body !== null
}

function chunkEvent({ seq, community_id, actor_id, kind, seq_at, body }: PresentRow): ChunkEvent {
  return {
    seq: Number(seq) as Seq,
    communityId: community_id,
    actorId: actor_id,
    kind,
    seqAt: seq_at,
    body,
  }
}
