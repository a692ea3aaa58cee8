import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import { eventKinds } from '@heronry/events/event'
import { expect, test } from 'vitest'
import type { NumberedEvent } from '../edge/read-events.ts'
import { segmentAgeMsMax, segmentBytesFull, segmentBytesMax } from '../limits.ts'
import { decompressSegment, encodeSegment, segmentBytesOf } from './segment-codec.ts'
import { SegmentDraft } from './segment-draft.ts'
import { SegmentEvents } from './segment-events.ts'

const heron = 1 as CommunityId
const stork = 4_000_000_000 as CommunityId

function event(seq: number, bytes: number, communityId = heron) {
  const actorId = (communityId === heron ? 7n : 2n ** 62n) as ActorId
  const body = new Uint8Array(bytes).fill(seq)
  return { seq: seq as Seq, communityId, actorId, hour: 498_000, kind: eventKinds.commit, seqAt: 5, body }
}

function draftOf(bytes: number, ageMs = 0): SegmentDraft {
  const draft = new SegmentDraft(10 as Seq)
  draft.add({ events: [event(11, bytes)], upto: 12 as Seq, gap: false }, ageMs)
  return draft
}

async function decodeSegment(compressed: Uint8Array): Promise<NumberedEvent[]> {
  const bytes = await decompressSegment(compressed)
  const event = new SegmentEvents(bytes)
  const events: NumberedEvent[] = []
  for (let head = 0; head < bytes.length; head = event.end) {
    event.moveTo(head)
    const { seq, communityId, actorId, hour, kind, seqAt } = event
    events.push({ seq, communityId, actorId, hour, kind, seqAt, body: bytes.subarray(event.at, event.end) })
  }
  return events
}

const headBytes = segmentBytesOf({ body: new Uint8Array(0) })

test('a segment is full with 8 MB, and not a byte before', () => {
  expect(draftOf(segmentBytesFull - headBytes - 1).isFull).toBe(false)
  expect(draftOf(segmentBytesFull - headBytes).isFull).toBe(true)
})

test('what is not full is due when its oldest event is old enough, be there nothing left of it', () => {
  expect(draftOf(1, segmentAgeMsMax - 60_000).isDue).toBe(false)
  expect(draftOf(1, segmentAgeMsMax).isDue).toBe(true)
  const empty = new SegmentDraft(10 as Seq)
  expect([empty.isDue, empty.ageMs]).toEqual([false, 0])
  empty.add({ events: [], upto: 12 as Seq, gap: true }, segmentAgeMsMax)
  expect([empty.isDue, empty.upto]).toEqual([true, 12])
})

test('events of several communities come back as they were, and small they are on the way', async () => {
  const events = [event(1, 0), event(2, 70_000, stork), event(3, 5), event(9_007_199_254_740_991, 1)]
  const bytes = await encodeSegment(events)
  expect(bytes.length).toBeLessThan(1_000)
  expect((await decodeSegment(bytes)).map((it) => ({ ...it, body: Uint8Array.from(it.body) }))).toEqual(
    events,
  )
})

test('a segment takes 32 MB and not one byte more, written or read', async () => {
  const most = segmentBytesMax - headBytes
  const bytes = await encodeSegment([event(1, most)])
  expect((await decodeSegment(bytes))[0]?.body.length).toBe(most)
  await expect(encodeSegment([event(1, most + 1)])).rejects.toThrow('A segment of 32000001 bytes')

  await expect(decodeSegment(zstdCompressSync(Buffer.alloc(segmentBytesMax + 1)))).rejects.toThrow()
})

test('a segment that was cut off is refused', async () => {
  const whole = zstdDecompressSync(await encodeSegment([event(1, 100)]))
  const cut = zstdCompressSync(whole.subarray(0, whole.length - 1))
  await expect(decodeSegment(cut)).rejects.toThrow('ends within an event')
})
