import { expect, test } from 'vitest'
import { loopbackApp, newMember, signedIn, TestBrowser } from './oauth-client.ts'
import { houseGround, oauthHouse } from './oauth-house.ts'
import { publishSet } from './publish-set.ts'

const nsid = 'org.herons.authBirdWatcher'

test('a set of permissions that a member publishes here lets an app do what is in it, and no more', async () => {
  await using ground = await houseGround()
  const author = await (async () => {
    await using house = await oauthHouse(ground)
    const who = await newMember(house.herons)
    await publishSet(house.herons, nsid, who)
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
