import { expect, test } from 'vitest'
import { loopbackApp, newMember, signedIn, TestBrowser } from './oauth-client.ts'
import { houseGround, oauthHouse } from './oauth-house.ts'
import { tokenKeys } from './token-keys.ts'

test('when another key signs, no app and no session is out, and both keys are published', async () => {
  await using ground = await houseGround()
  const { app, did } = await (async () => {
    await using house = await oauthHouse(ground)
    const who = await newMember(house.herons)
    const app = loopbackApp({ plcUrl: house.plcUrl, origin: house.herons })
    await signedIn({ browser: new TestBrowser(), app, origin: house.herons, ...who })
    return { app, did: who.did }
  })()
  const keysOf = (text = '') => (JSON.parse(text) as { keys: object[] }).keys
  const before = keysOf(ground.environment['HERONRY_TOKEN_KEYS'])
  const keys = [...keysOf(tokenKeys('second')), ...before]
  ground.environment = { ...ground.environment, HERONRY_TOKEN_KEYS: JSON.stringify({ keys }) }
  await using house = await oauthHouse(ground)
  const kidNow = () => {
    const [header = ''] = app.sessions.get(did)?.tokenSet.access_token.split('.') ?? []
    return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
  }
  const session = await app.client.restore(did, false)
  const asked = await session.fetchHandler('/xrpc/com.atproto.server.getSession')
  expect([asked.status, kidNow()]).toEqual([200, 'first'])
  await session.getTokenInfo(true)
  expect(kidNow()).toBe('second')
  expect((await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status).toBe(200)
  const { body } = await new TestBrowser().send(`${house.herons}/oauth/jwks`)
  expect(JSON.parse(body).keys.map(({ kid }: { kid: string }) => kid)).toEqual(['second', 'first'])
})
