import { randomUUID } from 'node:crypto'
import type { Seq } from '@heronry/core/ids'
import type { Chunk } from '@heronry/events/chunk'
import { createLogger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { StreamPublisher } from '../src/stream/publisher.ts'
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

async function runningPublisher(url: string, key: string) {
  const publisher = new StreamPublisher({ redisUrl: url, key, logger })
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
