import { openRedisCounters } from '@heronry/limits/redis-counters'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestRedis, testRedis } from '@heronry/testing/redis'
import { serverRateLimits } from '@heronry/xrpc/server-rate-limits'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ask } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let redis: TestRedis
let house: EntrywayHouse
let member: { did: string; accessJwt: string }
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  redis = opened.use(await testRedis())
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const counters = opened.use(await openRedisCounters({ url: redis.url, logger }))
  const bypass = { bypassKey: undefined, bypassAddresses: [] }
  house = opened.use(await entrywayHouse({ rateLimits: serverRateLimits(bypass, { counters, shared: [] }) }))
  const input = { handle: 'grey.herons.test', email: 'grey@example.com', password: 'secret' }
  member = (await ask(house, 'com.atproto.server.createAccount', { input })).body
})
beforeEach(() => redis.flush())
afterAll(() => opened.disposeAsync())

const address = '127.0.0.1'
const signIn = (identifier: string) =>
  ask(house, 'com.atproto.server.createSession', { input: { identifier, password: 'wrong' } })
const createAccount = () =>
  ask(house, 'com.atproto.server.createAccount', {
    input: { handle: 'grey.herons.test', email: 'b@example.com', password: 'secret' },
  })
const asMember = (nsid: string, input?: object) =>
  ask(house, nsid, { token: member.accessJwt, ...(input === undefined ? { post: true } : { input }) })

const updateHandle = () =>
  ask(house, `${identity}.updateHandle`, { token: member.accessJwt, input: { handle: 'grey.herons.test' } })
const refreshIdentity = () =>
  ask(house, `${identity}.refreshIdentity`, { input: { identifier: 'grey.herons.test' } })

const server = 'com.atproto.server'
const identity = 'com.atproto.identity'

interface Limited {
  limit: number
  windowS: number
  /** Which of the method's limits. */
  index: number
}

const hourAndDay = (hour: number, day: number): Limited[] => [
  { limit: hour, windowS: 3600, index: 0 },
  { limit: day, windowS: 86_400, index: 1 },
]

type Case = [
  name: string,
  key: () => string,
  limit: number,
  windowS: number,
  attempt: () => ReturnType<typeof ask>,
]

const cases = (
  nsid: string,
  limits: Limited[],
  { key, attempt }: { key: () => string; attempt: () => ReturnType<typeof ask> },
) =>
  limits.map(
    ({ limit, windowS, index }): Case => [
      `${nsid} in ${windowS} s`,
      () => `${nsid}-${index}:${key()}`,
      limit,
      windowS,
      attempt,
    ],
  )

/** Counted by the account that asks. */
const ofMember = (nsid: string, limits: Limited[], input?: object) =>
  cases(nsid, limits, { key: () => member.did, attempt: () => asMember(nsid, input) })

const ofAddress = (nsid: string, limits: Limited[], input: object) =>
  cases(nsid, limits, { key: () => address, attempt: () => ask(house, nsid, { input }) })

test.each<Case>([
  ...ofMember(`${server}.requestEmailConfirmation`, hourAndDay(5, 15)),
  ...ofMember(`${server}.requestEmailUpdate`, hourAndDay(5, 15)),
  ...ofMember(`${server}.requestAccountDelete`, hourAndDay(5, 15)),
  ...ofMember('com.atproto.identity.requestPlcOperationSignature', hourAndDay(15, 50)),
  ...ofMember(`${server}.updateEmail`, hourAndDay(15, 50), { email: 'nonsense' }),
  ...ofAddress(`${server}.requestPasswordReset`, hourAndDay(15, 50), { email: 'nobody@example.com' }),
  ...ofAddress(`${server}.resetPassword`, [{ limit: 50, windowS: 300, index: 0 }], {
    token: 'x',
    password: '',
  }),
  [
    'createSession in five minutes',
    () => `${server}.createSession-0:grey-${address}`,
    30,
    300,
    () => signIn('grey'),
  ],
  [
    'createSession in a day',
    () => `${server}.createSession-1:grey-${address}`,
    300,
    86_400,
    () => signIn('grey'),
  ],
  ['createAccount', () => `${server}.createAccount-0:${address}`, 100, 300, createAccount],
  [
    'deleteAccount',
    () => `${server}.deleteAccount-0:${address}`,
    50,
    300,
    () => ask(house, `${server}.deleteAccount`, { input: { did: member.did, password: 'x', token: 'x' } }),
  ],
  [
    'reserveSigningKey',
    () => `${server}.reserveSigningKey-0:${address}`,
    30,
    300,
    () => ask(house, `${server}.reserveSigningKey`, { input: {} }),
  ],
  ['updateHandle in five minutes', () => `${identity}.updateHandle-0:${member.did}`, 10, 300, updateHandle],
  ['updateHandle in a day', () => `${identity}.updateHandle-1:${member.did}`, 50, 86_400, updateHandle],
  ['refreshIdentity', () => `${identity}.refreshIdentity-0:${address}`, 60, 300, refreshIdentity],
  [
    'anything of one address',
    () => `rl-global-ip:${address}`,
    3000,
    300,
    () => ask(house, `${server}.describeServer`),
  ],
])('%s is answered up to its limit and not past it', async (_name, key, limit, windowS, attempt) => {
  await redis.client.set(key(), limit - 1, 'EX', 300)
  const last = await attempt()
  expect(last.status).not.toBe(429)
  expect(last.headers).toMatchObject({
    'ratelimit-remaining': '0',
    'ratelimit-policy': `${limit};w=${windowS}`,
  })
  const refused = await attempt()
  expect(refused).toMatchObject({
    status: 429,
    body: { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
  })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(300)
})

test('guesses at one account are counted whatever its case, and lock nobody else out', async () => {
  await redis.client.set(`${server}.createSession-0:grey.herons.test-${address}`, 29, 'EX', 300)
  expect((await signIn('Grey.herons.test')).status).toBe(401)
  expect((await signIn('GREY.herons.test')).status).toBe(429)
  expect((await signIn('white.herons.test')).status).toBe(401)
})
