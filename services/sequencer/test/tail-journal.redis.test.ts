import type { Did } from '@heronry/core/did'
import type { Seq } from '@heronry/core/ids'
import { testRedis } from '@heronry/testing/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { journalDidsMax } from '../src/limits.ts'
import { TailJournal } from '../src/rollback/tail-journal.ts'
import { didOf, edgeHouse, heron, stork } from './edge-house.ts'

const promptly = { timeout: 10_000, interval: 10 }
const did = (name: string | number) => `did:web:${name}.test` as Did
const seq = (value: number) => value as Seq

let opened: AsyncDisposableStack
let redisUrl: string
let redis: Redis

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const server = opened.use(await testRedis())
  redisUrl = server.url
  redis = new Redis(redisUrl)
  opened.defer(() => redis.disconnect())
})
afterAll(() => opened.disposeAsync())

let journals = 0
const journalOf = () => new TailJournal({ redisUrl, key: `journal-${journals++}` })

function entry(after: number, upto: number, subjects: Record<string, number> = {}) {
  const read = Object.entries(subjects).map(([name, value]) => [did(name), seq(value)] as const)
  return { after: seq(after), upto: seq(upto), subjects: new Map(read) }
}

test('it knows who was spoken of after a seq, and does not know what it was never told', async () => {
  const journal = journalOf()
  expect(await journal.read({ after: seq(0), upto: seq(0) })).toBeUndefined()
  await journal.write(redis, entry(10, 20, { heron: 12, stork: 19 }))
  await journal.write(redis, entry(20, 30, { heron: 25 }))
  expect(await journal.read({ after: seq(20), upto: seq(30) })).toEqual([did('heron')])
  expect(await journal.read({ after: seq(12), upto: seq(30) })).toEqual([did('stork'), did('heron')])
  expect(await journal.read({ after: seq(9), upto: seq(30) })).toBeUndefined()
  expect(await journal.read({ after: seq(20), upto: seq(31) })).toBeUndefined()
})

test('what is written twice or late changes nothing; a hole is the end of what it knows', async () => {
  const journal = journalOf()
  await journal.write(redis, entry(0, 20, { heron: 20 }))
  await journal.write(redis, entry(0, 10, { heron: 10, stork: 5 }))
  expect(await journal.read({ after: seq(4), upto: seq(20) })).toEqual([did('stork'), did('heron')])
  await journal.write(redis, entry(21, 30, { stork: 30 }))
  expect(await journal.read({ after: seq(20), upto: seq(30) })).toBeUndefined()
  expect(await journal.read({ after: seq(21), upto: seq(30) })).toEqual([did('stork')])
})

test('it holds its limit of DIDs, and with one more it no longer knows of the first', async () => {
  const journal = journalOf()
  const crowd = (from: number, upto: number) =>
    entry(
      from,
      upto,
      Object.fromEntries(Array.from({ length: upto - from }, (_, at) => [from + at + 1, from + at + 1])),
    )
  for (let from = 0; from < journalDidsMax; from += 5_000)
    await journal.write(redis, crowd(from, from + 5_000))
  expect(await journal.read({ after: seq(0), upto: seq(journalDidsMax) })).toHaveLength(journalDidsMax)
  await journal.write(redis, crowd(journalDidsMax, journalDidsMax + 1))
  expect(await journal.read({ after: seq(0), upto: seq(journalDidsMax) })).toBeUndefined()
  expect(await journal.read({ after: seq(1), upto: seq(journalDidsMax) })).toHaveLength(journalDidsMax)
})

test('a leader keeps it, from where another has left it, and begins anew where Redis has forgotten', async () => {
  const streamKey = `firehose-${journals++}`
  const journal = new TailJournal({ redisUrl, key: `${streamKey}:subjects` })
  const read = (after: number, upto: number) => journal.read({ after: seq(after), upto: seq(upto) })
  await using house = await edgeHouse({ role: 'edge' })
  {
    await using _leader = await house.another({ role: 'leader', redisUrl, streamKey })
    await vi.waitFor(async () => expect(await read(0, 0)).toEqual([]), promptly)
    await house.append(heron, 2)
    await vi.waitFor(async () => expect(await read(0, 2)).toEqual([didOf(heron)]), promptly)
  }
  await house.append(stork, 1)
  await using _next = await house.another({ role: 'leader', redisUrl, streamKey })
  await vi.waitFor(async () => expect(await read(0, 3)).toEqual([didOf(heron), didOf(stork)]), promptly)
  await redis.del(`${streamKey}:subjects`)
  await house.append(stork, 1)
  await vi.waitFor(async () => expect(await redis.zscore(`${streamKey}:subjects`, '>')).toBe('4'), promptly)
  expect(await read(0, 4)).toBeUndefined()
})
