import { writeFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { TestBrowser } from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'

/** What a house of this size may take besides, for all its providers together. Measured: 72 MB, 145 kB each. */
const heapBytesMax = 100 * 1024 * 1024
const communities = 500

let opened: AsyncDisposableStack
let house: OAuthHouse
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const ground = opened.use(await houseGround())
  await writeFile(ground.environment['HERONRY_COMMUNITIES_FILE'] ?? '', communitiesFile())
  house = opened.use(await oauthHouse(ground))
})
afterAll(() => opened.disposeAsync())

const hostOf = (n: number) => `c${n}.many-herons.org`

test(`the providers of ${communities} communities take less than 100 MB, each with its own issuer`, async () => {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  await issuerOf(0)
  const before = heap()
  for (let n = 1; n < communities; n++) expect(await issuerOf(n)).toBe(`https://${hostOf(n)}`)
  const taken = heap() - before
  console.info(`${communities} providers: ${Math.round(taken / 1024 / 1024)} MB of heap`)
  expect(taken).toBeLessThan(heapBytesMax)
})

test('a community that changes has another provider within 2 s; its neighbour does not notice', async () => {
  expect([await nameOf(1), await nameOf(2)]).toEqual(['The Herons 1', 'The Herons 2'])
  const definitions = house.config.communities.map((it) =>
    it.hostname === hostOf(1) ? { ...it, settings: { ...it.settings, name: 'The Egrets' } } : it,
  )
  await applyDefinitions(house.db, definitions)
  await vi.waitFor(async () => expect(await nameOf(1)).toBe('The Egrets'), { timeout: 2_000, interval: 50 })
  expect(await nameOf(2)).toBe('The Herons 2')
})

async function issuerOf(n: number): Promise<string> {
  const { payload } = await house.app.inject({
    url: '/.well-known/oauth-authorization-server',
    headers: { host: hostOf(n) },
  })
  return (JSON.parse(payload) as { issuer: string }).issuer
}

async function nameOf(n: number): Promise<string | undefined> {
  const { payload } = await house.app.inject({
    url: '/account',
    headers: {
      ...{ host: hostOf(n), 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      'user-agent': new TestBrowser().userAgent,
    },
  })
  return /The (Herons \d+|Egrets)/.exec(payload)?.[0]
}

function communitiesFile(): string {
  const list = Array.from({ length: communities }, (_, n) => ({
    ...{ slug: `c${n}`, hostname: hostOf(n), handleDomains: [`.m${n}.many-herons.org`] },
    settings: { name: `The Herons ${n}`, inviteRequired: false },
  }))
  return JSON.stringify({ communities: list })
}
