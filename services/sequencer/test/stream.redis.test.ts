import { randomUUID } from 'node:crypto'
import { parseDid } from '@heronry/core/did'
import type { ActorId, Seq } from '@heronry/core/ids'
import { openDatabase } from '@heronry/db/database'
import { type Chunk, decodeChunk, encodeChunk } from '@heronry/events/chunk'
import { identityEvent } from '@heronry/events/event'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { streamListener } from '../src/stream/listener.ts'
import { StreamPublisher, type StreamPublisherOptions } from '../src/stream/publisher.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { edgeHouse, heron, stork } from './edge-house.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
const promptly = { timeout: 10_000, interval: 2 }

// A logical database of our own: these tests empty it.
const redisUrl = `${process.env['HERONRY_TEST_REDIS_URL']}/13`
let redis: Redis

beforeAll(() => {
  redis = new Redis(redisUrl)
})

afterAll(() => redis.quit())

async function topOf(key: string): Promise<string | undefined> {
  const [entry] = await redis.xrevrange(key, '+', '-', 'COUNT', 1)
  return entry?.[0]
}

/** It says how far numbering is, and nothing else. */
function mark(seq: number): Chunk {
  return { after: seq as Seq, upto: seq as Seq, stampedAt: 0, events: [] }
}

/** One event that is all there is up to `seq`. */
function chunk(seq: number): Chunk {
  const event = identityEvent({ did: parseDid('did:plc:heronheronheronheronhero'), time: new Date(0) })
  const events = [{ ...event, seq: seq as Seq, communityId: heron, actorId: 1n as ActorId }]
  return { after: (seq - 1) as Seq, upto: seq as Seq, stampedAt: 0, events }
}

async function runningPublisher(url: string, key: string, options: Partial<StreamPublisherOptions> = {}) {
  const publisher = new StreamPublisher({ redisUrl: url, key, logger, ...options })
  const stopping = new AbortController()
  const running = publisher.run(stopping.signal)
  return {
    publisher,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

test('leader and edge in two processes: the entry is named by its seq, and the edge hears it', async () => {
  const streamKey = randomUUID()
  await using house = await edgeHouse({ role: 'leader', redisUrl, streamKey })
  await using edge = await house.another({ role: 'edge', redisUrl, streamKey })
  const consumers = [await edge.subscribe(heron), await edge.subscribe(stork)]
  await house.append(heron, 2)
  await house.append(stork, 1)
  await consumers[0]?.hears(2)
  expect((await consumers[1]?.hears(1))?.map((frame) => frame.seq)).toEqual([3])
  await vi.waitUntil(async () => (await topOf(streamKey)) === '3-0', promptly)
})

test('chunks come by the stream: an edge that has lost Postgres goes on hearing', async () => {
  const streamKey = randomUUID()
  await using house = await edgeHouse({ role: 'leader', redisUrl, streamKey })
  await using wire = await cuttingProxy(house.url)
  const url = new URL(wire.url)
  const db = openDatabase({ url: url.toString(), poolMax: 2, applicationName: 'test', onIdleError: () => {} })
  await using _closing = { [Symbol.asyncDispose]: () => db.destroy() }
  await using edge = await house.another({ role: 'edge', redisUrl, streamKey, db })
  const consumers = [await edge.subscribe(heron), await edge.subscribe(stork)]
  await house.append(heron, 1)
  await consumers[0]?.hears(1)
  await wire[Symbol.asyncDispose]()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.append(heron, 1, { bytes: 9_000 })
  await consumers[0]?.hears(4)
  await consumers[1]?.hears(1)
  expect([consumers[0]?.seqs(), consumers[1]?.seqs()]).toEqual([[1, 2, 3, 5], [4]])
})

test('the entries of the stream lie end to end, and each is named by the last seq it has', async () => {
  const streamKey = randomUUID()
  await using house = await edgeHouse({ role: 'leader', redisUrl, streamKey })
  for (let round = 0; round < 5; round++) await house.append(heron, 3, { bytes: 1_000 })
  await vi.waitUntil(async () => (await topOf(streamKey)) === '15-0', promptly)
  const entries = (await redis.xrangeBuffer(streamKey, '-', '+')) as unknown as [Buffer, [Buffer, Buffer]][]
  let reached = 0
  for (const [id, [, bytes]] of entries) {
    const chunk = decodeChunk(bytes)
    expect([chunk?.after, `${chunk?.upto}-0`]).toEqual([reached, id.toString()])
    reached = chunk?.upto ?? 0
  }
  expect(
    entries.flatMap(([, [, bytes]]) => decodeChunk(bytes)?.events ?? []).map((event) => event.seq),
  ).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
})

test('the stream holds the bytes that it may, and with one more entry it loses the oldest', async () => {
  const key = randomUUID()
  const size = encodeChunk(chunk(1)).length + 100
  await using running = await runningPublisher(redisUrl, key, { bytesMax: 3 * size })
  await vi.waitUntil(() => running.publisher.isReady, promptly)
  const idsAt = async (top: number) => {
    await vi.waitUntil(async () => (await topOf(key)) === `${top}-0`, promptly)
    return (await redis.xrange(key, '-', '+')).map(([id]) => id)
  }
  for (const seq of [1, 2, 3]) running.publisher.take(chunk(seq))
  expect(await idsAt(3)).toEqual(['1-0', '2-0', '3-0'])
  running.publisher.take(chunk(4))
  expect(await idsAt(4)).toEqual(['2-0', '3-0', '4-0'])
})

test('an entry of another version of the house says at least how far numbering is', async () => {
  const key = randomUUID()
  const taken: Chunk[] = []
  const reader = {
    take: (each: Chunk) => void taken.push(each),
    streamFound: () => found.resolve(),
    streamLost: () => {},
  }
  const found = Promise.withResolvers<void>()
  const stopping = new AbortController()
  const listening = streamListener({ redisUrl, key, logger, reader, isNeeded: () => true }).run(
    stopping.signal,
  )
  await found.promise
  await redis.xadd(key, '7-0', 'seq', 7)
  await redis.xadd(key, '9-0', 'chunk', encodeChunk({ ...chunk(9), after: 7 as Seq }))
  await vi.waitUntil(() => taken.length === 2, promptly)
  expect(taken.map(({ after, upto, events }) => [after, upto, events.length])).toEqual([
    [7, 7, 0],
    [7, 9, 1],
  ])
  stopping.abort()
  await listening
})

test('a house in which nothing was numbered yet has no entry, and complains of nothing', async () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const listening = createLogger({ service: 'sequencer', level: 'warn', enabled: true, destination })
  const key = randomUUID()
  await using running = await runningPublisher(redisUrl, key, { logger: listening })
  const { publisher } = running
  await vi.waitUntil(() => publisher.isReady, promptly)
  publisher.take(mark(0))
  publisher.take(chunk(1))
  await vi.waitUntil(async () => (await topOf(key)) === '1-0', promptly)
  expect([await redis.xlen(key), lines]).toEqual([1, []])
})

test('what a stale leader has to say is refused by Redis itself', async () => {
  const key = randomUUID()
  await using current = await runningPublisher(redisUrl, key)
  await using stale = await runningPublisher(redisUrl, key)
  current.publisher.take(mark(7))
  await vi.waitUntil(async () => (await topOf(key)) === '7-0', promptly)
  stale.publisher.take(mark(5))
  stale.publisher.take(mark(8))
  await vi.waitUntil(async () => (await topOf(key)) === '8-0', promptly)
  const entries = await redis.xrange(key, '-', '+')
  expect(entries.map(([id]) => id).filter((id) => id !== '8-0')).toEqual(['7-0'])
})

test('when Redis comes back, the newest seq is said again', async () => {
  const key = randomUUID()
  await using proxy = await cuttingProxy(redisUrl)
  await using running = await runningPublisher(proxy.url, key)
  running.publisher.take(mark(7))
  await vi.waitUntil(async () => (await topOf(key)) === '7-0', promptly)
  await redis.del(key)
  proxy.cutAll()
  await vi.waitUntil(async () => (await topOf(key)) === '7-0', promptly)
})

test('Redis flushed: no event is lost, and a leader that takes over says the last seq again', async () => {
  const streamKey = randomUUID()
  await using house = await edgeHouse({ role: 'leader', redisUrl, streamKey })
  await using edge = await house.another({ role: 'edge', redisUrl, streamKey })
  const consumer = await edge.subscribe(heron, 0)
  for (let round = 0; round < 10; round++) {
    await house.append(heron, 2)
    if (round % 3 === 0) await redis.flushdb()
  }
  await consumer.hears(20)
  expect(consumer.seqs()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))

  await redis.flushdb()
  await house.stop()
  await using successor = await house.another({ role: 'leader', redisUrl, streamKey })
  await vi.waitUntil(async () => (await topOf(streamKey)) === '20-0', promptly)
  expect(successor.context.role).toBe('leader')
})

test('Redis slow: nobody waits for it, what it does not take in time is left out, and then it carries again', async () => {
  const key = randomUUID()
  await using wire = await cuttingProxy(redisUrl)
  const size = encodeChunk(chunk(1)).length
  await using running = await runningPublisher(wire.url, key, { aheadBytesMax: 2 * size })
  await vi.waitUntil(() => running.publisher.isReady, promptly)
  wire.slowDown(300)
  // The limit is on its way; one more is left out.
  for (const seq of [1, 2, 3]) running.publisher.take(chunk(seq))
  await vi.waitUntil(async () => (await topOf(key)) === '2-0', promptly)
  wire.slowDown(0)
  await vi.waitUntil(async () => {
    running.publisher.take(chunk(4))
    return (await topOf(key)) === '4-0'
  }, promptly)
  expect((await redis.xrange(key, '-', '+')).map(([id]) => id)).toEqual(['1-0', '2-0', '4-0'])
})

test('Redis slow: an edge hears from Postgres what the stream would say much later, each event once', async () => {
  const streamKey = randomUUID()
  await using wire = await cuttingProxy(redisUrl)
  await using house = await edgeHouse({ role: 'leader', redisUrl, streamKey })
  await using edge = await house.another({ role: 'edge', redisUrl: wire.url, streamKey })
  const consumer = await edge.subscribe(heron)
  await house.append(heron, 1)
  await consumer.hears(1)
  const delayMs = 8_000
  wire.slowDown(delayMs)
  const slowAt = performance.now()
  for (let round = 1; round < 10; round++) {
    await house.append(heron, 1)
    await consumer.hears(1 + round)
  }
  expect(performance.now() - slowAt).toBeLessThan(delayMs)
  wire.slowDown(0)
  wire.cutAll()
  await house.append(heron, 1)
  await consumer.hears(11)
  expect(consumer.seqs()).toEqual(Array.from({ length: 11 }, (_, index) => index + 1))
})

test('Redis restarted: an edge finds the stream again by itself', async () => {
  const streamKey = randomUUID()
  await using wire = await cuttingProxy(redisUrl)
  await using house = await edgeHouse({ role: 'leader', redisUrl: wire.url, streamKey })
  const metrics = new Metrics({ service: 'sequencer', version: '0' })
  await using edge = await house.another({ role: 'edge', redisUrl: wire.url, streamKey, metrics })
  const consumer = await edge.subscribe(heron)
  const chunksTaken = async () =>
    Number(/^pds_firehose_stamp_to_edge_seconds_count (\d+)$/m.exec(await metrics.text())?.[1] ?? 0)
  await house.append(heron, 1)
  await consumer.hears(1)
  wire.cutAll()
  await redis.del(streamKey)
  await house.append(heron, 1)
  await consumer.hears(2)
  const before = await chunksTaken()
  for (let count = 2; (await chunksTaken()) <= before; count++) {
    await house.append(heron, 1)
    await consumer.hears(count + 1)
  }
  expect(consumer.seqs()).toEqual(consumer.seqs().map((_, index) => index + 1))
})

test('Redis out of reach: edges poll Postgres, and everything goes on', async () => {
  const unreachable = 'redis://127.0.0.1:1'
  await using house = await edgeHouse({ role: 'leader', redisUrl: unreachable })
  await using edge = await house.another({ role: 'edge', redisUrl: unreachable })
  const consumer = await edge.subscribe(heron, 0)
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.append(heron, 1)
  await consumer.hears(3)
  expect(consumer.seqs()).toEqual([1, 2, 4])
})
