import { openRedisCounters } from '@heronry/limits/redis-counters'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestRedis, testRedis } from '@heronry/testing/redis'
import { serverRateLimits } from '@heronry/xrpc/server-rate-limits'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { repoWriteRateLimits } from '../src/rate-limits.ts'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

let redis: TestRedis
let house: ApiHouse
let grey: Member
let white: Member
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  redis = opened.use(await testRedis())
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const counters = opened.use(await openRedisCounters({ url: redis.url, logger }))
  const bypass = { bypassKey: undefined, bypassAddresses: [] }
  const rateLimits = serverRateLimits(bypass, { counters, shared: repoWriteRateLimits })
  house = opened.use(await apiHouse({ rateLimits }))
  grey = await house.member('grey')
  white = await house.member('white')
})
beforeEach(() => redis.flush())
afterAll(() => opened.disposeAsync())

const address = '127.0.0.1'
const post = { $type: 'app.bsky.feed.post', text: 'heron', createdAt: '2026-01-01T00:00:00Z' }
const collection = post.$type

/** That many points of a window are spent already. */
const spend = (key: string, points: number) => redis.client.set(key, points, 'EX', 300)
const spent = async (key: string) => Number(await redis.client.get(key))

const create = (as: Member) =>
  house.post('com.atproto.repo.createRecord', { repo: as.did, collection, record: post }, { as })
const upload = (as: Member) =>
  house.ask('com.atproto.repo.uploadBlob', {
    as,
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'text/plain' },
  })

/** [which, what of it is spent at its limit, what is asked] */
const limits: [
  name: string,
  key: () => string,
  limit: number,
  windowS: number,
  ask: () => ReturnType<typeof create>,
][] = [
  [
    'getRepo',
    () => `com.atproto.sync.getRepo-0:${address}`,
    6000,
    300,
    () => house.get('com.atproto.sync.getRepo', { did: grey.did }),
  ],
  ['uploadBlob', () => `com.atproto.repo.uploadBlob-0:${address}`, 1000, 86_400, () => upload(grey)],
  [
    'what nobody counts apart',
    () => `rl-global-ip:${address}`,
    3000,
    300,
    () => house.get('com.atproto.sync.listRepos'),
  ],
  [
    'a method of nobody',
    () => `rl-global-ip:${address}`,
    3000,
    300,
    () => house.get('app.bsky.feed.getTimeline'),
  ],
]

test.each(limits)(
  '%s is answered up to its limit and not past it',
  async (_name, key, limit, windowS, ask) => {
    await spend(key(), limit - 1)
    const last = await ask()
    expect(last.status).not.toBe(429)
    expect(last.headers).toMatchObject({
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': '0',
      'ratelimit-policy': `${limit};w=${windowS}`,
    })
    expect(await ask()).toMatchObject({ status: 429, json: { error: 'RateLimitExceeded' } })
  },
)

test.each([
  ['an hour', 'repo-write-hour', 5000],
  ['a day', 'repo-write-day', 35_000],
])(
  'an account writes up to its limit of %s and not past it; another one is not concerned',
  async (_span, name, limit) => {
    await spend(`rl-${name}:${grey.did}`, limit - 3)
    expect(await create(grey)).toMatchObject({ status: 200, headers: { 'ratelimit-remaining': '0' } })
    expect(await create(grey)).toMatchObject({ status: 429, headers: { 'ratelimit-limit': String(limit) } })
    expect(await create(white)).toMatchObject({ status: 200 })
  },
)

test('a create weighs 3, an update 2, a delete 1, and a batch their sum', async () => {
  const hour = `rl-repo-write-hour:${grey.did}`
  const weight = async (method: string, input: object) => {
    await redis.flush()
    const { status } = await house.post(
      `com.atproto.repo.${method}`,
      { repo: grey.did, ...input },
      { as: grey },
    )
    expect(status).toBe(200)
    expect(await spent(`rl-repo-write-day:${grey.did}`)).toBe(await spent(hour))
    return spent(hour)
  }
  const at = (rkey: string) => ({ collection, rkey })
  const write = (kind: string) => ({ $type: `com.atproto.repo.applyWrites#${kind}` })
  const [one, two] = ['3l3qo2vuowo2b', '3l3qo2vuowo2c']
  expect(await weight('createRecord', { ...at(one), record: post })).toBe(3)
  expect(await weight('putRecord', { ...at(one), record: { ...post, text: 'crane' } })).toBe(2)
  const writes = [
    { ...write('create'), ...at(two), value: post },
    { ...write('update'), ...at(one), value: post },
    { ...write('delete'), ...at(one) },
  ]
  expect(await weight('applyWrites', { writes: writes.slice(0, 2) })).toBe(5)
  expect(await weight('applyWrites', { writes: writes.slice(2) })).toBe(1)
  expect(await weight('deleteRecord', at(two))).toBe(1)
})

test('who is refused spends nothing of an account', async () => {
  const input = { repo: grey.did, collection, record: post }
  expect(await house.post('com.atproto.repo.createRecord', input)).toMatchObject({ status: 401 })
  expect(await house.post('com.atproto.repo.createRecord', { repo: grey.did }, { as: grey })).toMatchObject({
    status: 400,
  })
  expect(await redis.client.keys('*')).toEqual([])
})

test('getRepo is counted by its own limit alone', async () => {
  await house.get('com.atproto.sync.getRepo', { did: grey.did })
  expect(await redis.client.keys('*')).toEqual([`com.atproto.sync.getRepo-0:${address}`])
})
