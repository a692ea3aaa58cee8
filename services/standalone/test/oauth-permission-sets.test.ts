import { expect, test } from 'vitest'
import { loopbackApp, newMember, signedIn, TestBrowser } from './oauth-client.ts'
import { houseGround, oauthHouse } from './oauth-house.ts'

const nsid = 'org.herons.authBirdWatcher'

test('a set of permissions that a member publishes here lets an app do what is in it, and no more', async () => {
  await using ground = await houseGround()
  const author = await (async () => {
    await using house = await oauthHouse(ground)
    const who = await newMember(house.herons)
    await publish(house.herons, who)
    return who
  })()
  ground.environment = { ...ground.environment, PDS_LEXICON_AUTHORITY_DID: author.did }
  await using house = await oauthHouse(ground)
  const who = await newMember(house.herons)
  const where = { plcUrl: house.plcUrl, origin: house.herons }
  const app = loopbackApp({ ...where, scope: `atproto include:${nsid}` })
  const session = await signedIn({ browser: new TestBrowser(), app, origin: house.herons, ...who })
  expect((await session.getTokenInfo()).scope.split(' ').sort()).toEqual([
    'atproto',
    'repo:org.herons.sighting',
  ])
  const write = async (collection: string) => {
    const answer = await session.fetchHandler('/xrpc/com.atproto.repo.createRecord', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ repo: who.did, collection, record: { $type: collection, seen: 'a heron' } }),
    })
    return answer.status
  }
  expect([await write('org.herons.sighting'), await write('org.herons.diary')]).toEqual([200, 403])
  const unknown = loopbackApp({ ...where, scope: 'atproto include:org.herons.authNobody' })
  await expect(unknown.client.authorize(house.herons)).rejects.toThrow('invalid_scope')
})

async function publish(
  origin: string,
  { did, username, password }: { did: string; username: string; password: string },
) {
  const call = async (method: string, body: object, token?: string) => {
    const answer = await new TestBrowser().send(`${origin}/xrpc/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
    expect(answer.status, answer.body).toBe(200)
    return JSON.parse(answer.body) as { accessJwt: string }
  }
  const { accessJwt } = await call('com.atproto.server.createSession', { identifier: username, password })
  const record = {
    $type: 'com.atproto.lexicon.schema',
    lexicon: 1,
    id: nsid,
    defs: {
      main: {
        type: 'permission-set',
        title: 'Watch birds',
        permissions: [{ type: 'permission', resource: 'repo', collection: ['org.herons.sighting'] }],
      },
    },
  }
  await call(
    'com.atproto.repo.putRecord',
    { repo: did, collection: 'com.atproto.lexicon.schema', rkey: nsid, record },
    accessJwt,
  )
}
