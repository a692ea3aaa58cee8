import { Frame } from '@atproto/xrpc-server'
import { parseDid } from '@heronry/core/did'
import type { ActorId, CommunityId, Seq } from '@heronry/core/ids'
import type { Chunk, ChunkEvent } from '@heronry/events/chunk'
import { accountEvent, type EventBody, eventKinds, identityEvent } from '@heronry/events/event'
import { expect, test } from 'vitest'

import { ringChunkBytes } from '../limits.ts'
import { Ring } from './ring.ts'

const heron = 1 as CommunityId
const stork = 2 as CommunityId
const did = parseDid('did:plc:heronheronheronheronhero')
const event = identityEvent({ did, time: new Date(0) })
const deletion = accountEvent({ did, active: false, status: 'deleted', time: new Date(0) })

function seq(value: number): Seq {
  return value as Seq
}

/** A page of one event per seq, odd ones of heron and even ones of stork, that reaches up to `upto`. */
function page(seqs: number[], upto = seqs.at(-1) ?? 0): Pick<Chunk, 'events' | 'upto'> {
  const events = seqs.map((value) => numbered(value))
  return { events, upto: seq(upto) }
}

/** Of the actors 1 to 4 in turn: 1 and 3 are of heron. */
function numbered(value: number, body: EventBody = event): ChunkEvent {
  const actorId = BigInt(((value - 1) % 4) + 1) as ActorId
  return { ...body, seq: seq(value), communityId: value % 2 === 1 ? heron : stork, actorId }
}

/** The seqs of everything the ring has for a subscriber, read as the subscriber reads it. */
function heardFrom(ring: Ring, from: number, communityId: CommunityId): number[] {
  const heard: number[] = []
  let position = seq(from)
  for (
    let read = ring.read(position, communityId);
    read !== undefined;
    read = ring.read(position, communityId)
  ) {
    heard.push(...seqsOf(read.bytes ?? Buffer.alloc(0)))
    position = read.upto
  }
  expect(position).toBe(Math.max(from, ring.head))
  return heard
}

/** Messages as short as these have a head of two bytes, the second of which is the length. */
function seqsOf(bytes: Buffer): number[] {
  if (bytes.length === 0) return []
  const length = bytes[1] ?? 0
  const frame = Frame.fromBytes(bytes.subarray(2, 2 + length))
  return [(frame.body as { seq: number }).seq, ...seqsOf(bytes.subarray(2 + length))]
}

test('a reader hears its community from anywhere in the ring, inside a chunk too', () => {
  const ring = new Ring({ head: seq(10), bytesMax: 1_000_000 })
  ring.append(page([11, 12, 13]))
  ring.append(page([14, 16]))
  ring.append(page([17, 18, 19], 25))
  expect(heardFrom(ring, 10, heron)).toEqual([11, 13, 17, 19])
  expect(heardFrom(ring, 11, heron)).toEqual([13, 17, 19])
  expect(heardFrom(ring, 12, stork)).toEqual([14, 16, 18])
  expect(heardFrom(ring, 25, heron)).toEqual([])
  expect(heardFrom(ring, 30, heron)).toEqual([])
})

test('what comes between two reads is one Buffer, the same for whoever reads it', () => {
  const ring = new Ring({ head: seq(0), bytesMax: 1_000_000 })
  ring.append(page([1, 2, 3]))
  ring.append(page([4]))
  ring.append(page([5, 7]))
  const read = ring.read(seq(0), heron)
  expect([seqsOf(read?.bytes ?? Buffer.alloc(0)), read?.upto]).toEqual([[1, 3, 5, 7], 7])
  ring.append(page([9]))
  expect(ring.read(seq(0), heron)?.bytes).toBe(read?.bytes)
  expect(ring.read(seq(7), heron)?.upto).toBe(9)
})

test('a chunk is full with its bytes, read or not; one byte less, and it takes another page', () => {
  const filled = (bytes: number) => {
    const ring = new Ring({ head: seq(0), bytesMax: 10_000_000 })
    const body = new Uint8Array(bytes)
    ring.append({ events: [{ ...numbered(1), kind: eventKinds.sync, seqAt: 0, body }], upto: seq(1) })
    ring.append(page([3]))
    return ring.read(seq(0), heron)?.upto
  }
  expect([filled(ringChunkBytes), filled(ringChunkBytes - 1)]).toEqual([1, 3])
})

test('the ring holds no more bytes than it may: at the limit everything, one byte less and the oldest goes', () => {
  const pages = [page([1, 2]), page([3, 4]), page([5, 6])]
  const filled = (bytesMax: number) => {
    const ring = new Ring({ head: seq(0), bytesMax })
    for (const each of pages) {
      ring.append(each)
      ring.read(ring.after, heron)
    }
    return ring
  }
  const bytes = filled(Number.POSITIVE_INFINITY).byteCount
  const [whole, cut] = [filled(bytes), filled(bytes - 1)]
  expect([whole.after, whole.head, whole.byteCount]).toEqual([0, 6, bytes])
  expect([cut.after, cut.head, cut.byteCount]).toEqual([2, 6, (bytes / 3) * 2])
  expect(heardFrom(cut, 2, heron)).toEqual([3, 5])
  expect(() => cut.read(seq(1), heron)).toThrow('before the ring')
})

test('the newest chunk stays, however large', () => {
  const ring = new Ring({ head: seq(0), bytesMax: 1 })
  ring.append(page([1]))
  expect(heardFrom(ring, 0, heron)).toEqual([1])
  ring.append(page([2, 3]))
  expect([ring.after, heardFrom(ring, 1, stork)]).toEqual([1, [2]])
})

test('a page that does not follow on the head is refused', () => {
  const ring = new Ring({ head: seq(5), bytesMax: 1_000 })
  expect(() => ring.append(page([5]))).toThrow()
  expect(() => ring.append(page([4, 6]))).toThrow()
})

test('what waits for a reader is counted of its community alone', () => {
  const ring = new Ring({ head: seq(0), bytesMax: 1_000_000 })
  ring.append(page([1, 2, 3]))
  ring.append(page([5, 7]))
  const ofOne = ring.bytesAfter(seq(3), heron) / 2
  expect(ring.bytesAfter(seq(0), heron)).toBe(4 * ofOne)
  expect(ring.bytesAfter(seq(0), stork)).toBe(ofOne)
  expect(ring.bytesAfter(seq(7), heron)).toBe(0)
})

test.each([true, false])(
  'a deletion takes what its actor said before out of the ring, read (%s) or not, and nothing else',
  (isRead) => {
    const ring = new Ring({ head: seq(0), bytesMax: 1_000_000 })
    ring.append(page([1, 2, 3, 4, 5]))
    ring.append(page([6, 7, 8]))
    const like = new Ring({ head: seq(0), bytesMax: 1_000_000 })
    like.append(page([1, 2, 3, 4, 5, 6, 7, 8]))
    const bytesBefore = like.byteCount
    const perEvent = bytesBefore / 8
    if (isRead) expect(ring.byteCount).toBe(bytesBefore)
    ring.append({ events: [numbered(9, deletion), numbered(11)], upto: seq(12) })
    ring.append(page([13]))
    expect(heardFrom(ring, 0, heron)).toEqual([3, 7, 9, 11, 13])
    expect(heardFrom(ring, 3, heron)).toEqual([7, 9, 11, 13])
    expect(heardFrom(ring, 0, stork)).toEqual([2, 4, 6, 8])
    expect(ring.bytesAfter(seq(0), heron) + ring.bytesAfter(seq(0), stork)).toBe(ring.byteCount)
    expect(ring.byteCount).toBeGreaterThan(bytesBefore - 2 * perEvent)
  },
)

test('a ring that restarts holds what comes after, and nothing before', () => {
  const ring = new Ring({ head: seq(10), bytesMax: 1_000_000 })
  ring.append(page([11, 12]))
  ring.restart(seq(20))
  expect([ring.after, ring.head, ring.byteCount]).toEqual([20, 20, 0])
  expect(() => ring.read(seq(12), heron)).toThrow('before the ring')
  ring.append(page([21, 22]))
  expect(heardFrom(ring, 20, heron)).toEqual([21])
  expect(() => ring.restart(seq(22))).toThrow('does not lie ahead')
})

test('a reader finds out that it lies before the ring even where what drove it out was not read by anybody', () => {
  const ring = new Ring({ head: seq(0), bytesMax: 1 })
  ring.append(page([1]))
  ring.read(seq(0), heron)
  ring.append(page([3]))
  expect(ring.after).toBe(1)
})
