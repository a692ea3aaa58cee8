import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { type ArchivePlace, findSegment } from '../archive/find-segment.ts'
import { readSegment } from '../archive/read-segment.ts'
import type { SegmentCache } from '../archive/segment-cache.ts'
import { type CommunityRange, type MessagePage, readMessages } from './read-messages.ts'

export interface Behind {
  readonly db: Database
  /** Undefined: this process has no archive. */
  readonly segments: SegmentCache | undefined
}

/**
 * A page of what the ring no longer has: from the archive as far as that reaches, then from Postgres. Its `gap` says that events were
 * dropped for good before they could be read.
 *
 * A partition is dropped only when the archive has all of it. If one goes between the look for the archive's end and the read, the page
 * has a gap, and the second look finds its events in the archive.
 */
export async function readBehind(behind: Behind, range: CommunityRange): Promise<MessagePage> {
  const { db } = behind
  let place = await findSegment(db, range)
  for (;;) {
    if (range.after < place.droppedUpto) return emptyPage(range, place.droppedUpto, { gap: true })
    if (range.after < place.archivedUpto) return await archivedPage(behind, range, place)
    const page = await readMessages(db, range)
    if (!page.gap) return page
    const before = place
    place = await findSegment(db, range)
    if (place.archivedUpto === before.archivedUpto && place.droppedUpto === before.droppedUpto) return page
  }
}

async function archivedPage(
  { db, segments }: Behind,
  range: CommunityRange,
  { archivedUpto, segment }: ArchivePlace,
): Promise<MessagePage> {
  if (segment === undefined) return emptyPage(range, archivedUpto, { gap: false })
  if (segments === undefined) throw new Error('This process has no archive, but the house has one')
  return await readSegment({ db, segments }, { ...range, segment })
}

function emptyPage(range: CommunityRange, upto: Seq, { gap }: { gap: boolean }): MessagePage {
  return { messages: undefined, upto: Math.min(upto, range.upto) as Seq, gap, isFull: false }
}
