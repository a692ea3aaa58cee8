import type { CommunityId, Seq } from '@heronry/core/ids'
import { copyRows } from '@heronry/db/copy-rows'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { pageBytesMax, pageEventsMax } from '../limits.ts'
import type { CommunityMessages } from './community-messages.ts'
import { CopiedEvents, gone, suppressed } from './copied-events.ts'
import { MessageWriter } from './message-writer.ts'
import type { EventRange } from './read-events.ts'

export type CommunityRange = EventRange & { readonly communityId: CommunityId }

/** The beginning of a community's range, or all of it, as its subscribers get it; `upto` and `gap` as of an `EventPage`. */
export interface MessagePage {
  /** Undefined: none of its events are left. */
  readonly messages: CommunityMessages | undefined
  readonly upto: Seq
  readonly gap: boolean
  /** It ended because it was full, and would end there whatever else the range held. */
  readonly isFull: boolean
}

/**
 * As `readEvents`, for a community's subscribers: the same events and limits, from the bytes of the socket to those of messages.
 *
 * Two statements: the first, prepared, finds which numbers and which hours; the other is a COPY with these as constants, so that
 * Postgres plans for one or two partitions instead of fifty. Each has a snapshot of its own. In between, numbers may be dropped: the
 * oldest first, so that the first of those that were found is among them, which is a gap.
 *
 * A COPY is always read to its end, which is near, whoever waits for it and however slowly: no reader holds a snapshot, and none that
 * leaves costs a connection.
 */
export async function readMessages(db: Database, range: CommunityRange): Promise<MessagePage> {
  const numbers = await findNumbers(db, range)
  if (numbers === undefined) return { messages: undefined, upto: range.upto, gap: false, isFull: false }
  const writer = new MessageWriter()
  let last: Seq | undefined
  let bodyBytes = 0
  let gap = false
  for await (const piece of copyRows(db, pageQuery(range.communityId, numbers))) {
    const rows = new CopiedEvents(piece)
    while (rows.next()) {
      const { seq } = rows
      gap ||= rows.isGone || (last === undefined && seq !== numbers.first)
      last = seq
      if (rows.isGone || rows.isSuppressed) continue
      bodyBytes += rows.end - rows.at
      writer.add(rows)
    }
  }
  const messages = writer.end()
  if (last === undefined) return { messages, upto: numbers.last, gap: true, isFull: false }
  const isFull = numbers.count >= pageEventsMax || bodyBytes >= pageBytesMax
  return { messages, upto: isFull ? last : range.upto, gap, isFull }
}

interface Numbers {
  readonly first: Seq
  readonly last: Seq
  readonly count: number
  readonly firstHour: number
  readonly lastHour: number
}

/** About 0.5 ms for 1,000 numbers. */
async function findNumbers(
  db: Database,
  { communityId, after, upto }: CommunityRange,
): Promise<Numbers | undefined> {
  const { rows } = await sql<Found>`
    SELECT min(seq) AS first, max(seq) AS last, count(*)::int AS count, min(hour) AS first_hour, max(hour) AS last_hour
    FROM (SELECT seq, hour FROM event_seq WHERE community_id = ${communityId} AND seq > ${after} AND seq <= ${upto}
      ORDER BY seq LIMIT ${pageEventsMax}) AS page`.execute(db)
  const [found] = rows
  if (found === undefined || found.count === 0) return undefined
  return {
    first: Number(found.first) as Seq,
    last: Number(found.last) as Seq,
    count: found.count,
    firstHour: found.first_hour,
    lastHour: found.last_hour,
  }
}

interface Found {
  first: bigint
  last: bigint
  count: number
  first_hour: number
  last_hour: number
}

/**
 * The plan it relies on: event_seq by its index, and of each event one probe into the partition of its hour (LATERAL … LIMIT 1). A body that
 * the page has no room for is not read: its length comes from its TOAST pointer.
 */
function pageQuery(communityId: CommunityId, { first, last, firstHour, lastHour }: Numbers): string {
  return `
    WITH page AS MATERIALIZED (
      SELECT n.seq, n.actor_id, n.hour, n.event_id, x.actor_id IS NOT NULL AS suppressed
      FROM event_seq n LEFT JOIN event_suppress x ON x.actor_id = n.actor_id AND n.seq <= x.upto_seq
      WHERE n.community_id = ${communityId} AND n.seq BETWEEN ${first} AND ${last} ORDER BY n.seq),
    sized AS (
      SELECT page.seq, page.actor_id, page.suppressed, e.kind, e.seq_at, e.body, coalesce(octet_length(e.body), 0) AS size,
             sum(octet_length(e.body)) OVER (ORDER BY page.seq ROWS UNBOUNDED PRECEDING) AS total
      FROM page LEFT JOIN LATERAL (
        SELECT kind, seq_at, body FROM event
        WHERE hour = page.hour AND hour BETWEEN ${firstHour} AND ${lastHour} AND id = page.event_id AND NOT page.suppressed
        LIMIT 1) AS e ON true)
    SELECT seq, actor_id, CASE WHEN suppressed THEN ${suppressed} ELSE coalesce(kind, ${gone})::int END, coalesce(seq_at, 0), body
    FROM sized WHERE coalesce(total, 0) - size < ${pageBytesMax} ORDER BY seq`
}
