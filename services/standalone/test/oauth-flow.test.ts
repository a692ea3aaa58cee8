import { afterAll, beforeAll, expect, test } from 'vitest'
import { loopbackApp, newMember, signedIn, TestBrowser } from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'

let opened: AsyncDisposableStack
let house: OAuthHouse
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  house = opened.use(await oauthHouse(opened.use(await houseGround())))
})
afterAll(() => opened.disposeAsync())

test('an app of somebody’s own machine is let in, asks, refreshes, and is out when it signs out', async () => {
  const who = await newMember(house.herons)
  const browser = new TestBrowser()
  const app = loopbackApp({ plcUrl: house.plcUrl, origin: house.herons })
  const session = await signedIn({ browser, app, origin: house.herons, ...who })
  expect(session.did).toBe(who.did)
  const asked = await session.fetchHandler('/xrpc/com.atproto.server.getSession')
  expect(asked.status).toBe(200)
})
