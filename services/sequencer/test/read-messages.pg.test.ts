import type { CommunityId, Seq } from '@heronry/core/ids'
import { eventFrame } from '@heronry/events/frame'
import { expect, test } from 'vitest'
import { readEvents } from '../src/edge/read-events.ts'
import { type MessagePage, readMessages } from '../src/edge/read-messages.ts'
import { pageBytesMax, pageEventsMax } from '../src/limits.ts'
import { afterFirstQuery } from './archive-faults.ts'
import { numberedHouse } from './numbered-house.ts'
import { pageFrameBytes } from './page-frames.ts'

const odd = 1 as CommunityId
const range = (upto: number, after = 0) => ({ after: after as Seq, upto: upto as Seq, communityId: odd })

/** Where the seq stands in the frames of numberedHouse: behind the header of a #commit. */
const seqAt = 15

function seqsOf(page: MessagePage): number[] {
  return pageFrameBytes(page).map((frame) => {
    const head = frame.readUInt8(seqAt)
    if (head < 24) return head
    return head === 0x18 ? frame.readUInt8(seqAt + 1) : frame.readUInt16BE(seqAt + 1)
  })
}

/** Sizes of odd seqs, with an event of the other community behind each. */
const among = (sizes: readonly number[]) => sizes.flatMap((size) => [size, 1])

test('a page holds 1,000 events of its community and not one more, and says how far it reaches', async () => {
  await using house = await numberedHouse(among(Array(pageEventsMax + 1).fill(1)))
  const first = await readMessages(house.db, range(2_002))
  expect(seqsOf(first)).toEqual(Array.from({ length: pageEventsMax }, (_, index) => 2 * index + 1))
  expect([first.upto, first.isFull]).toEqual([1_999, true])
  const rest = await readMessages(house.db, range(2_002, first.upto))
  expect([seqsOf(rest), rest.upto, rest.isFull]).toEqual([[2_001], 2_002, false])
})

test('a page that is full to the byte ends; one byte less and it takes another event', async () => {
  const half = pageBytesMax / 2
  await using full = await numberedHouse(among([half, half, 5]))
  const cut = await readMessages(full.db, range(6))
  expect([seqsOf(cut), cut.upto, cut.isFull]).toEqual([[1, 3], 3, true])
  await using almost = await numberedHouse(among([half, half - 1, 5, 5]))
  const more = await readMessages(almost.db, range(8))
  expect([seqsOf(more), more.upto]).toEqual([[1, 3, 5], 5])
})

test('frames are those of readEvents byte by byte, whatever their size', async () => {
  const sizes = [1, 90, 100, 110, 120, 130, 300, 65_500, 65_530, 70_000, 2_000_000, 5]
  await using house = await numberedHouse(among(sizes))
  const frames: string[] = []
  for (let after = 0; after < 24; ) {
    const page = await readMessages(house.db, range(24, after))
    frames.push(...pageFrameBytes(page).map((frame) => frame.toString('hex')))
    after = page.upto
  }
  const truth: string[] = []
  for (let after = 0 as Seq; after < 24; ) {
    const page = await readEvents(house.db, range(24, after))
    const own = page.events.filter(({ communityId }) => communityId === odd)
    truth.push(...own.map((event) => eventFrame(event).toString('hex')))
    after = page.upto
  }
  expect(truth).toHaveLength(sizes.length)
  expect(frames).toEqual(truth)
})

test('what a deletion has suppressed is passed over, and what was dropped is a gap', async () => {
  await using house = await numberedHouse(Array(9).fill(1))
  // The actor of seq 3 is 3.
  await house.control.query('INSERT INTO event_suppress VALUES (3, 3), (5, 4)')
  const page = await readMessages(house.db, range(9))
  expect([seqsOf(page), page.upto, page.gap]).toEqual([[1, 5, 7, 9], 9, false])
  await house.control.query('DELETE FROM event WHERE id <= 5')
  const some = await readMessages(house.db, range(9))
  expect([seqsOf(some), some.gap]).toEqual([[7, 9], true])
  await house.control.query('DELETE FROM event')
  expect(await readMessages(house.db, range(9))).toMatchObject({ messages: undefined, upto: 9, gap: true })
})

test('a community that said nothing in the range has read all of it', async () => {
  await using house = await numberedHouse(Array(4).fill(1))
  const page = await readMessages(house.db, { ...range(4), communityId: 7 as CommunityId })
  expect(page).toEqual({ messages: undefined, upto: 4, gap: false, isFull: false })
})

test.each([
  { dropped: 4, seqs: [5, 7] },
  { dropped: 7, seqs: [] },
])('numbers that are dropped up to $dropped between the two statements are a gap', async (of) => {
  await using house = await numberedHouse(Array(7).fill(1))
  const db = afterFirstQuery(house.db, async () => {
    await house.control.query('DELETE FROM event_seq WHERE seq <= $1', [of.dropped])
  })
  const page = await readMessages(db, range(7))
  expect([seqsOf(page), page.gap, page.upto]).toEqual([of.seqs, true, 7])
})
