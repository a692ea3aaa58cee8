import type { CommunityId, Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { CommunityMessages } from '../edge/community-messages.ts'
import type { NumberedEvent } from '../edge/read-events.ts'
import type { MessagePage } from '../edge/read-messages.ts'
import { pageBytesMax, pageEventsMax } from '../limits.ts'
import type { Segment } from './find-segment.ts'
import type { SegmentCache } from './segment-cache.ts'

export interface SegmentRange {
  readonly segment: Segment
  readonly communityId: CommunityId
  readonly after: Seq
  readonly upto: Seq
}

/** A page of one community's events out of a segment, limited as one from Postgres is, without what deletions have suppressed. */
export async function readSegment(
  { db, segments }: { db: Database; segments: SegmentCache },
  { segment, communityId, after, upto }: SegmentRange,
): Promise<MessagePage> {
  const { events: byCommunity } = await segments.get(segment)
  const all = byCommunity.get(communityId) ?? []
  const some = firstOf(all.filter(({ seq }) => seq > after && seq <= upto))
  const last = some.events.at(-1)?.seq
  const end = Math.min(segment.upto, upto) as Seq
  const events = await withoutSuppressed(db, some.events)
  return {
    messages: events.length === 0 ? undefined : CommunityMessages.of(events),
    upto: some.isCut && last !== undefined ? last : end,
    gap: false,
    // What the segment's end has cut stays as it is, too.
    isFull: some.isCut || end === segment.upto,
  }
}

function firstOf(events: readonly NumberedEvent[]): { events: readonly NumberedEvent[]; isCut: boolean } {
  let bytes = 0
  let count = 0
  while (count < events.length && count < pageEventsMax && bytes < pageBytesMax) {
    bytes += events[count++]?.body.length ?? 0
  }
  return { events: events.slice(0, count), isCut: count < events.length }
}

async function withoutSuppressed(
  db: Database,
  events: readonly NumberedEvent[],
): Promise<readonly NumberedEvent[]> {
  if (events.length === 0) return events
  const rows = await db
    .selectFrom('event_suppress')
    .select(['actor_id', 'upto_seq'])
    .where('actor_id', 'in', [...new Set(events.map(({ actorId }) => actorId))])
    .execute()
  const suppressedUpto = new Map(rows.map((row) => [row.actor_id, Number(row.upto_seq)]))
  return events.filter(({ actorId, seq }) => seq > (suppressedUpto.get(actorId) ?? 0))
}
