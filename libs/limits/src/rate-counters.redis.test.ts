import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { RateLimitExceededError } from '@atproto/xrpc-server'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestRedis, testRedis } from '@heronry/testing/redis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countsTogetherMax, keyCharsMax, redisTimeoutMs } from './limits.ts'
import { memoryCounters } from './memory-counters.ts'
import { boundedKey, type RateCounters } from './rate-counters.ts'
import { openRedisCounters } from './redis-counters.ts'

let redis: TestRedis
let log: Record<string, unknown>[]
beforeEach(async () => {
  redis = await testRedis()
  log = []
})
afterEach(() => redis?.[Symbol.asyncDispose]())

const open = (url = redis.url) => {
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) }
  const logger = createLogger({ service: 'test', level: 'debug', enabled: true, destination })
  return openRedisCounters({ url, logger })
}

const limiterOf = (counters: RateCounters, uncounted: 'open' | 'closed' = 'closed') =>
  counters.limiter<string | null>({
    ...{ name: 'test', limit: 3, windowMs: 60_999, uncounted },
    key: (key) => key,
    points: (key) => (key === 'free' ? 0 : 1),
  })

const kinds: [string, () => Promise<RateCounters>][] = [
  ['Redis', () => open()],
  ['memory', async () => memoryCounters()],
]
describe.each(kinds)('in %s', (_kind, openCounters) => {
  test('the last point of a window passes, the next one does not; another key is not concerned', async () => {
    await using counters = await openCounters()
    const limiter = limiterOf(counters)
    for (const remainingPoints of [2, 1, 0]) {
      expect(await limiter.consume('a')).toMatchObject({ limit: 3, duration: 60, remainingPoints })
    }
    await expect(limiter.consume('a')).rejects.toBeInstanceOf(RateLimitExceededError)
    expect(await limiter.consume('b')).toMatchObject({ remainingPoints: 2 })
  })

  test('no key or no points: nothing is counted', async () => {
    await using counters = await openCounters()
    const limiter = limiterOf(counters)
    for (let call = 0; call < 5; call++) {
      expect(await limiter.consume(null)).toBeNull()
      expect(await limiter.consume('free')).toBeNull()
    }
  })

  test('calls at the same time never pass more than the limit', async () => {
    await using counters = await openCounters()
    const limiter = limiterOf(counters)
    const calls = await Promise.allSettled(Array.from({ length: 20 }, () => limiter.consume('a')))
    expect(calls.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  })

  test('a window that has ended counts from nothing', async () => {
    await using counters = await openCounters()
    const options = { name: 'short', limit: 1, windowMs: 1_000, uncounted: 'closed' as const }
    const limiter = counters.limiter<string>({ ...options, key: (key) => key, points: () => 1 })
    await limiter.consume('a')
    await expect(limiter.consume('a')).rejects.toBeInstanceOf(RateLimitExceededError)
    await expect.poll(() => limiter.consume('a').catch(() => null), { timeout: 5_000 }).not.toBeNull()
  })
})

test('two processes count together; the key in Redis is that of the reference', async () => {
  await using one = await open()
  await using other = await open()
  for (const counters of [one, other, one]) await limiterOf(counters).consume('a')
  await expect(limiterOf(other).consume('a')).rejects.toBeInstanceOf(RateLimitExceededError)
  expect(await redis.client.keys('*')).toEqual(['test:a'])
  expect(await redis.client.ttl('test:a')).toBeGreaterThan(50)
})

test('FLUSHALL and forgotten scripts begin the count anew, and nothing else', async () => {
  await using counters = await open()
  const limiter = limiterOf(counters)
  for (let call = 0; call < 3; call++) await limiter.consume('a')
  await redis.flush()
  await redis.client.script('FLUSH')
  expect(await limiter.consume('a')).toMatchObject({ remainingPoints: 2 })
})

test.each([countsTogetherMax, countsTogetherMax + 1])(
  '%i counts of one turn are each their own, and few commands',
  async (count) => {
    await using counters = await open()
    const limiter = limiterOf(counters)
    await limiter.consume('warm')
    const before = await commandsOf('evalsha')
    const keys = Array.from({ length: count }, (_, n) => `k${n % 100}`)
    const answers = await Promise.allSettled(keys.map((key) => limiter.consume(key)))
    const passed = answers.filter(({ status }) => status === 'fulfilled')
    expect(passed).toHaveLength(Math.min(count, 300))
    expect((await commandsOf('evalsha')) - before).toBe(Math.ceil(count / countsTogetherMax))
  },
)

async function commandsOf(name: string): Promise<number> {
  const stats = await redis.client.info('commandstats')
  return Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

test('Redis gone: open passes and says so once, closed fails, both at once; Redis back: both count', async () => {
  await using counters = await open()
  const [lenient, strict] = [limiterOf(counters, 'open'), limiterOf(counters)]
  await strict.consume('a')
  redis.shut()
  await expect.poll(() => strict.consume('a').catch(() => 'failed'), { timeout: 5_000 }).toBe('failed')
  const begun = performance.now()
  for (let call = 0; call < 10; call++) {
    expect(await lenient.consume('a')).toBeNull()
    await expect(strict.consume('a')).rejects.not.toBeInstanceOf(RateLimitExceededError)
  }
  expect(performance.now() - begun).toBeLessThan(redisTimeoutMs)
  expect(log.filter(({ msg }) => msg === 'calls pass without being counted')).toHaveLength(1)
  expect(log.filter(({ msg }) => msg === 'rate limits have lost Redis')).toHaveLength(1)
  redis.open()
  await expect.poll(() => lenient.consume('b').catch(() => null), { timeout: 10_000 }).not.toBeNull()
})

test('Redis that takes commands and never answers holds nobody longer than its time', async () => {
  await using deaf = await deafDoor(redis.url)
  await using counters = await open(deaf.url)
  const limiter = limiterOf(counters, 'open')
  await limiter.consume('a')
  deaf.listenNoMore()
  const begun = performance.now()
  expect(await limiter.consume('a')).toBeNull()
  expect(performance.now() - begun).toBeLessThan(2 * redisTimeoutMs)
})

test('counters open without Redis', async () => {
  redis.shut()
  await using counters = await open()
  expect(await limiterOf(counters, 'open').consume('a')).toBeNull()
})

test('a key is kept as it is up to its limit, and by its digest past it', () => {
  expect(boundedKey('k'.repeat(keyCharsMax))).toBe('k'.repeat(keyCharsMax))
  expect(boundedKey('k'.repeat(keyCharsMax + 1))).toMatch(/^[0-9a-f]{64}$/)
})

/** Between Redis and us: keeps the connection, and from `listenNoMore` on passes nothing. */
async function deafDoor(url: string) {
  const target = new URL(url)
  let isDeaf = false
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname)
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      from.on('data', (chunk) => isDeaf || to.write(chunk))
      from.on('error', () => from.destroy())
      from.on('close', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const door = new URL(target)
  door.port = String((server.address() as AddressInfo).port)
  return {
    url: door.toString(),
    listenNoMore: () => {
      isDeaf = true
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
