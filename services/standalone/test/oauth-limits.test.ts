import { oauthPaths } from '@heronry/entryway/oauth/paths'
import { type OAuthRouteGroup, oauthRouteRateLimits } from '@heronry/entryway/rate-limits'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newMember, TestBrowser } from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'

let opened: AsyncDisposableStack
let house: OAuthHouse
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  house = opened.use(await oauthHouse(opened.use(await houseGround({ PDS_RATE_LIMITS_ENABLED: 'true' }))))
})
afterAll(() => opened.disposeAsync())

let addresses = 0
const newAddress = () => `198.51.100.${++addresses}`

function ask(url: string, remoteAddress: string) {
  const headers = { host: new URL(house.herons).host, 'content-type': 'application/json' }
  return house.app.inject({
    method: 'POST',
    url: url.replace('*', 'x'),
    headers,
    remoteAddress,
    payload: '{}',
  })
}

const groups = Object.keys(oauthPaths) as OAuthRouteGroup[]

test.each(groups)('every route of %s is counted by address', async (group) => {
  const [tightest] = [...oauthRouteRateLimits[group]].sort((a, b) => a.limit - b.limit)
  for (const url of oauthPaths[group]) {
    const { headers } = await ask(url, newAddress())
    expect([url, headers['ratelimit-limit']]).toEqual([url, String(tightest?.limit)])
  }
})

test.each(['reset', 'confirmReset', 'deleteAccount', 'signIn', 'signUp'] as const)(
  'past its limit %s is refused, for that address alone',
  async (group) => {
    const [url = ''] = oauthPaths[group]
    const limit = Math.min(...oauthRouteRateLimits[group].map((it) => it.limit))
    const address = newAddress()
    const statuses: number[] = []
    for (let n = 0; n <= limit; n++) statuses.push((await ask(url, address)).statusCode)
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
    expect(statuses.at(-1)).toBe(429)
    const refused = await ask(url, address)
    expect(refused.json()).toEqual({ error: 'rate_limit_exceeded', error_description: 'Rate Limit Exceeded' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await ask(url, newAddress())).statusCode).not.toBe(429)
  },
)

test('one name is tried 30 times in five minutes from one network, whoever’s it is; another may be', async () => {
  const browser = new TestBrowser()
  const page = `${house.herons}/account`
  await browser.open(page)
  const signIn = (username: string) =>
    browser.call(page, 'sign-in', { body: { locale: 'en', username, password: 'a password' } })
  const answers = await Promise.all(Array.from({ length: 31 }, () => signIn('nobody.herons.test')))
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(1)
  expect((await signIn('somebody.herons.test')).status).toBe(400)
})

test('a member has five mails an hour sent to themself, and no sixth', async () => {
  const who = await newMember(house.herons)
  const browser = new TestBrowser()
  const page = `${house.herons}/account`
  await browser.open(page)
  const { did, username, password } = who
  await browser.call(page, 'sign-in', { body: { locale: 'en', username, password } })
  const statuses: number[] = []
  for (let n = 0; n < 6; n++) {
    statuses.push((await browser.call(page, 'verify-email-request', { body: { did, locale: 'en' } })).status)
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
})
