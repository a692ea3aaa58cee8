import { hash } from 'node:crypto'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import { eventKinds } from '@heronry/events/event'
import { expect, test, vi } from 'vitest'
import { SegmentCache } from '../src/archive/segment-cache.ts'
import { encodeSegment, segmentBytesOf } from '../src/archive/segment-codec.ts'
import { diskStore } from './archive-stores.ts'

const heron = 1 as CommunityId
const stork = 2 as CommunityId
const body = new Uint8Array(1_000)
const segmentBytes = 2 * segmentBytesOf({ body })

/** Segments of one event of each community, in a store that counts what is fetched, and can be made to wait. */
async function storedSegments(count: number) {
  const store = await diskStore()
  const segments = []
  for (let index = 0; index < count; index++) {
    const events = [heron, stork].map((communityId, which) => ({
      ...{ seq: (2 * index + which + 1) as Seq, communityId, actorId: 1n as ActorId },
      ...{ hour: 1, kind: eventKinds.sync, seqAt: 0, body },
    }))
    const bytes = await encodeSegment(events)
    const key = `firehose/segments/${index}`
    await store.objects.put(key, inOnePiece(bytes), { mime: 'application/zstd' })
    segments.push({ key, upto: (2 * index + 2) as Seq, sha256: hash('sha256', bytes, 'buffer') })
  }
  const fetched: string[] = []
  let gate = Promise.resolve()
  const objects: BlobObjects = {
    ...store.objects,
    async open(key) {
      fetched.push(key)
      await gate
      return await store.objects.open(key)
    },
  }
  return {
    segments,
    objects,
    fetched,
    shut(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

test('a hundred replays that want a segment at once fetch it once', async () => {
  await using stored = await storedSegments(1)
  const cache = new SegmentCache({ ...stored, bytesMax: segmentBytes, openedAtOnce: 1 })
  const [segment] = stored.segments
  if (segment === undefined) throw new Error('no segment')
  const opened = await Promise.all(Array.from({ length: 100 }, () => cache.get(segment)))
  expect(stored.fetched).toHaveLength(1)
  expect(new Set(opened).size).toBe(1)
  expect(opened[0]?.places.get(stork)?.seqs).toEqual([2])
})

test('what is kept fits to the byte; one byte less and the longest unused goes', async () => {
  await using stored = await storedSegments(3)
  const [first, second, third] = stored.segments
  if (first === undefined || second === undefined || third === undefined) throw new Error('no segments')
  const roomy = new SegmentCache({ ...stored, bytesMax: 2 * segmentBytes, openedAtOnce: 1 })
  for (const segment of [first, second, first, third, first]) await roomy.get(segment)
  expect([stored.fetched.length, roomy.byteCount]).toEqual([3, 2 * segmentBytes])
  const tight = new SegmentCache({ ...stored, bytesMax: 2 * segmentBytes - 1, openedAtOnce: 1 })
  for (const segment of [first, second, second, first]) await tight.get(segment)
  expect([stored.fetched.length, tight.byteCount]).toEqual([6, segmentBytes])
  // One that alone is larger than the cache is kept until the next.
  const tiny = new SegmentCache({ ...stored, bytesMax: 1, openedAtOnce: 1 })
  await tiny.get(first)
  expect(tiny.byteCount).toBe(segmentBytes)
})

test('no more than two are opened at once, and everybody gets theirs', async () => {
  await using stored = await storedSegments(5)
  const cache = new SegmentCache({ ...stored, bytesMax: 100 * segmentBytes, openedAtOnce: 2 })
  const open = stored.shut()
  const all = Promise.all(stored.segments.map((segment) => cache.get(segment)))
  await vi.waitUntil(() => stored.fetched.length === 2, { timeout: 5_000, interval: 1 })
  expect(stored.fetched).toHaveLength(2)
  open()
  expect((await all).map(({ places }) => places.get(heron)?.seqs[0])).toEqual([1, 3, 5, 7, 9])
})

test('an object that is not what was archived is refused, and asked for again', async () => {
  await using stored = await storedSegments(2)
  const [first, second] = stored.segments
  if (first === undefined || second === undefined) throw new Error('no segments')
  const cache = new SegmentCache({ ...stored, bytesMax: segmentBytes, openedAtOnce: 1 })
  const wrong = { ...first, sha256: second.sha256 }
  await expect(cache.get(wrong)).rejects.toThrow('Not the segment that was archived')
  await expect(cache.get({ ...first, key: 'firehose/segments/gone' })).rejects.toMatchObject({
    code: 'BlobNotFound',
  })
  expect((await cache.get(first)).bytes.length).toBe(segmentBytes)
})

async function* inOnePiece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
