import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { MessageWriter } from '../edge/message-writer.ts'
import type { MessagePage } from '../edge/read-messages.ts'
import { pageBytesMax, pageEventsMax } from '../limits.ts'
import type { Segment } from './find-segment.ts'
import type { OpenSegment, SegmentCache } from './segment-cache.ts'
import { SegmentEvents } from './segment-events.ts'

export interface SegmentRange {
  readonly segment: Segment
  readonly communityId: CommunityId
  readonly after: Seq
  readonly upto: Seq
}

/**
 * A page of one community's events out of a segment, limited as one from Postgres is, without what deletions have suppressed; from the
 * segment's bytes to those of messages.
 */
export async function readSegment(
  { db, segments }: { db: Database; segments: SegmentCache },
  range: SegmentRange,
): Promise<MessagePage> {
  const { segment, upto } = range
  const open = await segments.get(segment)
  const { heads, actorIds, last, isCut } = pageOf(open, range)
  const suppressed = await suppressedUpto(db, actorIds)
  const writer = new MessageWriter()
  const event = new SegmentEvents(open.bytes)
  for (const head of heads) {
    event.moveTo(head)
    if (event.seq > (suppressed.get(event.actorId) ?? 0)) writer.add(event)
  }
  const end = Math.min(segment.upto, upto) as Seq
  return {
    messages: writer.end(),
    upto: isCut && last !== undefined ? last : end,
    gap: false,
    // What the segment's end has cut stays as it is, too.
    isFull: isCut || end === segment.upto,
  }
}

interface SegmentPage {
  readonly heads: readonly number[]
  readonly actorIds: ReadonlySet<ActorId>
  readonly last: Seq | undefined
  /** The segment has more of the range. */
  readonly isCut: boolean
}

function pageOf({ bytes, places }: OpenSegment, { communityId, after, upto }: SegmentRange): SegmentPage {
  const { seqs, heads } = places.get(communityId) ?? { seqs: [], heads: [] }
  const found = seqs.findIndex((seq) => seq > after)
  const first = found < 0 ? seqs.length : found
  const isOfRange = (index: number) => index < seqs.length && (seqs[index] as Seq) <= upto
  const event = new SegmentEvents(bytes)
  const actorIds = new Set<ActorId>()
  let bodyBytes = 0
  let end = first
  while (isOfRange(end) && end - first < pageEventsMax && bodyBytes < pageBytesMax) {
    event.moveTo(heads[end++] as number)
    actorIds.add(event.actorId)
    bodyBytes += event.end - event.at
  }
  const last = end > first ? seqs[end - 1] : undefined
  return { heads: heads.slice(first, end), actorIds, last, isCut: isOfRange(end) }
}

async function suppressedUpto(
  db: Database,
  actorIds: ReadonlySet<ActorId>,
): Promise<ReadonlyMap<bigint, number>> {
  if (actorIds.size === 0) return new Map()
  const rows = await db
    .selectFrom('event_suppress')
    .select(['actor_id', 'upto_seq'])
    .where('actor_id', 'in', [...actorIds])
    .execute()
  return new Map(rows.map((row) => [row.actor_id, Number(row.upto_seq)]))
}
