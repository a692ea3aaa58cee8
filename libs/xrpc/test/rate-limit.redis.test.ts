import { openRedisCounters } from '@heronry/limits/redis-counters'
import { createLogger } from '@heronry/telemetry/logger'
import { testRedis } from '@heronry/testing/redis'
import { expect, test } from 'vitest'
import { globalRateLimit } from '../src/limits.ts'
import { method } from '../src/method.ts'
import { serverRateLimits } from '../src/server-rate-limits.ts'
import { lexicons } from './limit-cases.ts'
import { request } from './request.ts'
import { startServer } from './start-server.ts'

const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
const bypassAddresses = ['192.0.2.7', '198.51.100.0/24', '2001:db8::/32']
const settings = { bypassKey: 'the key', bypassAddresses }
const nothing = () => ({ body: {} })
const methods = [
  method(lexicons.free, { handler: nothing }),
  method(lexicons.own, { rateLimit: { limit: 2, windowMs: 60_000 }, handler: nothing }),
  method(lexicons.share, { rateLimit: { shared: 'writes' }, handler: nothing }),
  method(lexicons.checked, { isExemptFromGlobalLimit: true, handler: nothing }),
]
const shared = [{ name: 'writes', limit: 2, windowMs: 60_000 }]

async function startLimited({ trustProxy = true }: { trustProxy?: true | string[] } = {}) {
  const redis = await testRedis()
  const counters = await openRedisCounters({ url: redis.url, logger })
  const rateLimits = serverRateLimits(settings, { shared, counters })
  const one = await startServer({ methods, rateLimits, trustProxy })
  const other = await startServer({ methods, rateLimits, trustProxy })
  const ask = (server: typeof one, name: string, headers: Record<string, string> = {}) =>
    request(server.port, { path: `/xrpc/test.heronry.${name}`, headers })
  return {
    ...{ redis, one, other, ask },
    async [Symbol.asyncDispose]() {
      for (const it of [one, other, counters, redis]) await it[Symbol.asyncDispose]()
    },
  }
}

test('two servers count together, under the names of the reference', async () => {
  await using house = await startLimited()
  const { ask, one, other, redis } = house
  const statuses = []
  for (const server of [one, other, one]) statuses.push((await ask(server, 'own')).status)
  expect(statuses).toEqual([200, 200, 429])
  await ask(other, 'share')
  const keys = await redis.client.keys('*')
  expect(keys.toSorted()).toEqual([
    'rl-global-ip:127.0.0.1',
    'rl-writes:127.0.0.1',
    'test.heronry.own-0:127.0.0.1',
  ])
})

test('the key, an address and a range go around every limit; their neighbours do not', async () => {
  await using house = await startLimited()
  const { ask, one } = house
  const after = async (headers: Record<string, string>) => {
    let last = 0
    for (let call = 0; call < 3; call++) last = (await ask(one, 'own', headers)).status
    return last
  }
  const from = (address: string) => after({ 'x-forwarded-for': address })
  expect(await after({ 'x-ratelimit-bypass': 'the key' })).toBe(200)
  expect(await after({ 'x-ratelimit-bypass': 'the kex' })).toBe(429)
  for (const address of ['192.0.2.7', '198.51.100.255', '2001:db8:ffff::1']) {
    expect(await from(address)).toBe(200)
  }
  for (const address of ['192.0.2.8', '198.51.101.0', '2001:db9::1']) expect(await from(address)).toBe(429)
})

test('an address has its global limit, and not one request more; an exempt method goes on', async () => {
  await using house = await startLimited()
  const { ask, one, redis } = house
  await redis.client.set('rl-global-ip:127.0.0.1', globalRateLimit.limit - 1, 'EX', 300)
  expect(await ask(one, 'free')).toMatchObject({ status: 200, headers: { 'ratelimit-remaining': '0' } })
  for (const name of ['free', 'own', 'unknown']) expect((await ask(one, name)).status).toBe(429)
  expect((await ask(one, 'checked')).status).toBe(200)
})

test('without Redis global and shared limits let pass, limits of a method fail; with it again all count', async () => {
  await using house = await startLimited()
  const { ask, one, redis } = house
  await ask(one, 'own')
  redis.shut()
  await expect.poll(async () => (await ask(one, 'own')).status, { timeout: 5_000 }).toBe(500)
  expect(await ask(one, 'own')).toMatchObject({
    json: { error: 'InternalServerError', message: 'Internal Server Error' },
  })
  for (const name of ['free', 'share', 'share', 'share']) {
    expect(await ask(one, name)).toMatchObject({ status: 200 })
  }
  redis.open()
  await expect.poll(async () => (await ask(one, 'own')).status, { timeout: 10_000 }).not.toBe(500)
})

test('FLUSHALL gives everybody a new window, and no error', async () => {
  await using house = await startLimited()
  const { ask, one, redis } = house
  for (let call = 0; call < 3; call++) await ask(one, 'own')
  await redis.flush()
  expect(await ask(one, 'own')).toMatchObject({ status: 200, headers: { 'ratelimit-remaining': '1' } })
})

test('nobody is counted as another by a header of his own, but by one of a trusted proxy', async () => {
  const counted = async (trustProxy: string[], forwarded: string) => {
    await using house = await startLimited({ trustProxy })
    await house.ask(house.one, 'own', { 'x-forwarded-for': forwarded })
    const keys = await house.redis.client.keys('test.heronry.own-0:*')
    return keys.map((key) => key.slice('test.heronry.own-0:'.length))
  }
  expect(await counted([], '203.0.113.9')).toEqual(['127.0.0.1'])
  expect(await counted(['192.0.2.0/24'], '203.0.113.9')).toEqual(['127.0.0.1'])
  expect(await counted(['127.0.0.1'], '203.0.113.9')).toEqual(['203.0.113.9'])
  expect(await counted(['loopback'], '192.0.2.99, 203.0.113.9')).toEqual(['203.0.113.9'])
  expect(await counted(['loopback', '203.0.113.0/24'], '192.0.2.99, 203.0.113.9')).toEqual(['192.0.2.99'])
  expect(await counted(['loopback'], '2001:db9:1:2:3:4:5:6')).toEqual(['2001:db9:1:2::/64'])
})

test('who has a network of IPv6 has one limit, whichever of its addresses he takes', async () => {
  await using house = await startLimited()
  const statusFrom = async (address: string) =>
    (await house.ask(house.one, 'own', { 'x-forwarded-for': address })).status
  expect(await statusFrom('2001:db9:1:2::1')).toBe(200)
  expect(await statusFrom('2001:db9:1:2:ffff::')).toBe(200)
  expect(await statusFrom('2001:db9:1:2:3:4:5:6')).toBe(429)
  expect(await statusFrom('2001:db9:1:3::1')).toBe(200)
})
