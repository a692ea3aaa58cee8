import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { guardedFetch } from '@heronry/entryway/oauth/guarded-fetch'
import { createPermissionSets } from '@heronry/entryway/oauth/permission-sets'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { type TestDns, testDns } from '@heronry/testing/dns'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loopbackApp, type Member, newMember, signedIn, TestBrowser } from './oauth-client.ts'
import { type HouseGround, houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'
import { publishSet, sightingOf } from './publish-set.ts'

const [nsid, other] = ['org.storks.authBirdWatcher', 'org.nobody.authBirdWatcher']

let opened: AsyncDisposableStack
let ground: HouseGround
let house: OAuthHouse
/** Another house, of which ours knows nothing but what the network says. */
let far: { ground: HouseGround; house: OAuthHouse }
let author: Member
let names: TestDns
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  names = opened.use(await testDns())
  opened.defer(askNames(names.address))
  ground = opened.use(await houseGround())
  const farGround = opened.use(await houseGround({ PDS_DID_PLC_URL: ground.plcUrl }))
  house = opened.use(await oauthHouse(ground))
  far = { ground: farGround, house: opened.use(await oauthHouse(farGround)) }
  author = await newMember(far.house.herons)
  for (const id of [nsid, other]) await publishSet(far.house.herons, id, author)
})
afterAll(() => opened.disposeAsync())

/** The process asks that name server and no other. Answers how it is undone. */
function askNames(address: string): () => void {
  const before = dns.promises.getServers()
  const set = (servers: string[]) => {
    dns.promises.setServers(servers)
    syncBuiltinESMExports()
  }
  set([address])
  return () => set(before)
}

/** What an app is let do that asks for the set. */
async function grantedBy(set: string, at = house): Promise<string[]> {
  const who = await newMember(at.herons)
  const app = loopbackApp({ plcUrl: at.plcUrl, origin: at.herons, scope: `atproto include:${set}` })
  const session = await signedIn({ browser: new TestBrowser(), app, origin: at.herons, ...who })
  return (await session.getTokenInfo()).scope.split(' ').sort()
}

const granted = ['atproto', `repo:${sightingOf(nsid)}`]

test('a set that another host publishes under a name of DNS is fetched with proof, and fetched once', async () => {
  await expect(grantedBy(nsid)).rejects.toThrow('invalid_scope')
  await forget()
  names.records.set('_lexicon.storks.org', [`did=${author.did}`])
  expect(await grantedBy(nsid)).toEqual(granted)
  const asked = names.asked.length
  expect(asked).toBeGreaterThan(0)
  expect(await grantedBy(nsid)).toEqual(granted)
  expect(names.asked).toHaveLength(asked)
})

test('who has no record in DNS speaks for no set; with PDS_LEXICON_AUTHORITY_DID DNS is not asked', async () => {
  await expect(grantedBy(other)).rejects.toThrow('invalid_scope')
  await forget()
  const asked = names.asked.length
  const environment = { ...ground.environment, PDS_LEXICON_AUTHORITY_DID: author.did }
  await house[Symbol.asyncDispose]()
  await using told = await oauthHouse({ ...ground, environment })
  expect(await grantedBy(other, told)).toEqual(['atproto', `repo:${sightingOf(other)}`])
  expect(names.asked).toHaveLength(asked)
  await told[Symbol.asyncDispose]()
  house = opened.use(await oauthHouse(ground))
})

test('a set whose host is at a private address is not asked for where only public ones may be', async () => {
  names.records.set('_lexicon.storks.org', [`did=${author.did}`])
  const setsBy = (publicOnly: boolean) => {
    const [guarded, open] = [publicOnly, false].map((only) =>
      guardedFetch(createHttpFetch({ publicOnly: only })),
    ) as [typeof fetch, typeof fetch]
    const asked: string[] = []
    const toTheWorld: typeof fetch = (input, init) => {
      const { href, origin } = new URL(input instanceof Request ? input.url : input)
      asked.push(origin)
      return (href.startsWith(ground.plcUrl) ? open : guarded)(input, init)
    }
    const parts = { db: house.db, plcUrl: ground.plcUrl, authority: undefined }
    return { asked, sets: createPermissionSets({ ...parts, fetch: toTheWorld }) }
  }
  const [strict, lax] = [setsBy(true), setsBy(false)]
  await expect(strict.sets.get(nsid)).rejects.toThrow('Failed to fetch')
  expect(strict.asked).toContain(far.house.herons)
  expect((await lax.sets.get(nsid)).lexicon.id).toBe(nsid)
})

test('of a host that answers nonsense, or is gone, the last good copy is kept', async () => {
  names.records.set('_lexicon.storks.org', [`did=${author.did}`])
  await forget()
  expect(await grantedBy(nsid)).toEqual(granted)
  await far.house[Symbol.asyncDispose]()
  let answers = 0
  const nonsense = createServer((_request, response) => {
    answers++
    response.writeHead(200, { 'content-type': 'application/vnd.ipld.car' }).end('nonsense')
  })
  nonsense.listen(far.ground.port, '127.0.0.1')
  await once(nonsense, 'listening')
  await makeStale()
  expect(await grantedBy(nsid)).toEqual(granted)
  expect(answers).toBeGreaterThan(0)
  nonsense.closeAllConnections()
  await new Promise((resolve) => nonsense.close(resolve))
  await makeStale()
  expect(await grantedBy(nsid)).toEqual(granted)
})

async function forget(): Promise<void> {
  await sql`DELETE FROM oauth_lexicon`.execute(house.db)
}

/** As if the copies had been had ten minutes ago: then the provider asks again. */
async function makeStale(): Promise<void> {
  await sql`UPDATE oauth_lexicon SET updated_at = updated_at - interval '10 min'`.execute(house.db)
}
