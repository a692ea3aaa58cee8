import type { Seq } from '@heronry/core/ids'
import type { Chunk, ChunkEvent } from '@heronry/events/chunk'
import { eventKinds } from '@heronry/events/event'
import { createLogger } from '@heronry/telemetry/logger'
import { expect, test, vi } from 'vitest'
import { readEvents } from '../src/edge/read-events.ts'
import { openSession } from '../src/leader/session.ts'
import { stamp } from '../src/leader/stamp.ts'
import { beginTerm } from '../src/leader/term.ts'
import { chunkBytesMax, chunkEventsMax, republishedSeqsMax } from '../src/limits.ts'
import { ChunkFeed } from '../src/stream/chunk-feed.ts'
import { readChunk } from '../src/stream/read-chunk.ts'
import { edgeHouse, heron, stork } from './edge-house.ts'
import { stampingHouse } from './stamping-house.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
const seq = (value: number) => value as Seq
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

/** Numbers one event for each size, in bytes, by actors and communities of their own; `hoursAgo` by the clock of the events. */
async function numberedHouse(sizes: readonly number[], { hoursAgo = 0, kind = 1 } = {}) {
  const house = await stampingHouse()
  const hour = Math.floor(Date.now() / 3_600_000) - hoursAgo
  await house.control.query(
    `CREATE TABLE IF NOT EXISTS event_past PARTITION OF event FOR VALUES FROM (0) TO (400000)`,
  )
  await house.control.query(
    `INSERT INTO event (hour, actor_id, community_id, kind, seq_at, body)
     SELECT $2, n, n % 2, $3, 0, convert_to(repeat('x', size), 'UTF8') FROM unnest($1::int[]) WITH ORDINALITY AS s (size, n)
     ORDER BY n`,
    [sizes, hoursAgo === 0 ? hour : 300_000, kind],
  )
  const session = await openSession(house.url)
  const term = await beginTerm(session, { leader: 'test' })
  const stamped = term && (await stamp(session, term))
  return {
    ...house,
    session,
    stamped,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]()
      await house[Symbol.asyncDispose]()
    },
  }
}

test('a chunk holds 256 events and not one more', async () => {
  await using house = await numberedHouse(Array(chunkEventsMax + 1).fill(1))
  const upto = seq(chunkEventsMax + 1)
  const first = await readChunk(house.session, { after: seq(0), upto })
  expect([first.events.length, first.upto]).toEqual([chunkEventsMax, chunkEventsMax])
  const rest = await readChunk(house.session, { after: first.upto, upto })
  expect([rest.events.length, rest.upto]).toEqual([1, upto])
})

test('a chunk holds 512,000 bytes of bodies and not one more; an event that is larger is a chunk', async () => {
  const half = chunkBytesMax / 2
  await using house = await numberedHouse([half, half, half + 1, half, chunkBytesMax + 1, 1])
  const read: number[][] = []
  for (const after of [0, 1, 2, 3, 4, 5]) {
    const { events, upto } = await readChunk(house.session, { after: seq(after), upto: seq(6) })
    read.push(events.map((event) => event.seq))
    expect(upto).toBe(events.at(-1)?.seq)
  }
  expect(read).toEqual([[1, 2], [2], [3], [4], [5], [6]])
})

test('a stamping tells what it has numbered: up to a chunk of it, and nothing where a deletion is among it', async () => {
  const half = chunkBytesMax / 2
  const told = async (sizes: readonly number[], options?: Parameters<typeof numberedHouse>[1]) => {
    await using house = await numberedHouse(sizes, options)
    const read = await readChunk(house.session, { after: seq(0), upto: seq(sizes.length) })
    if (house.stamped?.events) expect(house.stamped.events).toEqual(read.events)
    return house.stamped?.events?.length
  }
  expect(await told([half, half])).toBe(2)
  expect(await told([half, half + 1])).toBeUndefined()
  expect(await told(Array(chunkEventsMax).fill(1))).toBe(chunkEventsMax)
  expect(await told(Array(chunkEventsMax + 1).fill(1))).toBeUndefined()
  expect(await told([1, 1], { kind: eventKinds.deletion })).toBeUndefined()
  expect(await told([])).toBeUndefined()
})

test('an event that is not there is a gap, and one that was suppressed is none', async () => {
  await using house = await numberedHouse([1, 1, 1])
  const range = { after: seq(0), upto: seq(3) }
  await house.control.query('DELETE FROM event WHERE id = (SELECT event_id FROM event_seq WHERE seq = 2)')
  expect(await readChunk(house.session, range)).toMatchObject({ upto: 3, gap: true })
  await house.control.query('INSERT INTO event_suppress (actor_id, upto_seq) VALUES (2, 2)')
  const { events, gap } = await readChunk(house.session, range)
  expect([events.map((event) => event.seq), gap]).toEqual([[1, 3], false])
})

/** What a leader hands over with what it announces. */
interface Given {
  after: number
  upto: number
  events: readonly ChunkEvent[]
}

/** What a feed gives of a term that has come to `announced`, where the stream ends at `newest`. */
async function fed(
  house: Awaited<ReturnType<typeof numberedHouse>>,
  at: { announced: number; newest: number; given?: readonly Given[] },
) {
  const chunks: Chunk[] = []
  const feed = new ChunkFeed({
    db: house.db,
    databaseUrl: house.url,
    logger,
    takers: [{ take: (chunk) => void chunks.push(chunk) }],
    newest: async () => seq(at.newest),
  })
  const stopping = new AbortController()
  const running = feed.run(stopping.signal)
  for (const { after, upto, events } of at.given ?? []) {
    feed.announce({ lastSeq: seq(upto), epoch: 1n, after: seq(after), events })
  }
  feed.announce({ lastSeq: seq(at.announced), epoch: 1n })
  await vi.waitUntil(() => chunks.at(-1)?.upto === at.announced, { timeout: 10_000, interval: 2 })
  stopping.abort()
  await running
  return chunks.map(({ after, upto, events }) => ({ after, upto, seqs: events.map((event) => event.seq) }))
}

test('a term publishes first what the one before has left out of the stream', async () => {
  await using house = await numberedHouse([1, 1, 1, 1, 1])
  expect(await fed(house, { announced: 5, newest: 3 })).toEqual([
    { after: 3, upto: 3, seqs: [] },
    { after: 3, upto: 5, seqs: [4, 5] },
  ])
})

test('what the leader hands over goes out as it is, end to end with what is read', async () => {
  await using house = await numberedHouse([1, 1, 1, 1, 1])
  const { events } = await readChunk(house.session, { after: seq(2), upto: seq(4) })
  await house.control.query('DELETE FROM event WHERE id = (SELECT event_id FROM event_seq WHERE seq = 3)')
  const given = [{ after: 2, upto: 4, events }]
  expect(await fed(house, { announced: 5, newest: 2, given })).toEqual([
    { after: 2, upto: 2, seqs: [] },
    { after: 2, upto: 4, seqs: [3, 4] },
    { after: 4, upto: 5, seqs: [5] },
  ])
  // A term that begins behind what is given has no use for it.
  expect((await fed(house, { announced: 5, newest: 4, given })).slice(1)).toEqual([
    { after: 4, upto: 5, seqs: [5] },
  ])
})

test('it goes back by as many seqs as it may; from one more, and after a stream of the future, it says how far numbering is', async () => {
  await using house = await numberedHouse([])
  const announced = 2 * republishedSeqsMax
  expect(await fed(house, { announced, newest: announced - republishedSeqsMax })).toEqual([
    { after: announced - republishedSeqsMax, upto: announced - republishedSeqsMax, seqs: [] },
    { after: announced - republishedSeqsMax, upto: announced, seqs: [] },
  ])
  for (const newest of [announced - republishedSeqsMax - 1, announced + 1]) {
    expect(await fed(house, { announced, newest })).toEqual([{ after: announced, upto: announced, seqs: [] }])
  }
})

test('events of another hour are found, and what was dropped is left to those who miss it', async () => {
  await using old = await numberedHouse([1, 1], { hoursAgo: 100 })
  expect((await fed(old, { announced: 2, newest: 0 })).at(-1)).toEqual({ after: 0, upto: 2, seqs: [1, 2] })
  await old.control.query('DELETE FROM event')
  expect((await fed(old, { announced: 2, newest: 0 })).at(-1)).toEqual({ after: 2, upto: 2, seqs: [] })
})

test('an edge takes of a chunk what follows on its ring, and reads Postgres up to one that does not', async () => {
  await using house = await edgeHouse({ role: 'leader' })
  await house.append(heron, 10)
  await house.append(stork, 10)
  await using edge = await house.another({ role: 'edge' })
  const { tail, edge: served } = edge.context
  const chunkOf = async (after: number, upto: number): Promise<Chunk> => {
    const page = await readEvents(house.db, { after: seq(after), upto: seq(upto) })
    return { ...page, after: seq(after), stampedAt: 0 }
  }
  await vi.waitUntil(() => served.head === 20, { timeout: 10_000, interval: 2 })
  const consumers = [await edge.subscribe(heron), await edge.subscribe(stork)]
  await house.append(heron, 30)
  await house.append(stork, 10)
  await vi.waitUntil(
    async () => (await readEvents(house.db, { after: seq(59), upto: seq(60) })).events.length,
    {
      timeout: 10_000,
    },
  )
  const chunks = await Promise.all([
    chunkOf(50, 60),
    chunkOf(20, 30),
    chunkOf(20, 30),
    chunkOf(25, 45),
    chunkOf(10, 20),
    chunkOf(44, 52),
  ])
  for (const chunk of chunks) tail.take(chunk)
  await Promise.all([consumers[0]?.hears(30), consumers[1]?.hears(10)])
  expect(consumers[0]?.seqs()).toEqual(upTo(30, 21))
  expect(consumers[1]?.seqs()).toEqual(upTo(10, 51))
})
