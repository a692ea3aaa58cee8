import { revokeSessions } from '@heronry/accounts/revoke-sessions'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
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

test('of two processes of an app that refresh one session at once, one wins; the other keeps it, and goes on with what the first got', async () => {
  const { did, first, second } = await sharedSession()
  for (let round = 0; round < 5; round++) {
    const results = await Promise.allSettled([first, second].map(({ client }) => client.restore(did, true)))
    const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
    expect(lost).toMatchObject([{ status: 503, payload: { error: 'temporarily_unavailable' } }])
    const [winner, loser] = results[0]?.status === 'fulfilled' ? [first, second] : [second, first]
    expect(loser.sessions.has(did)).toBe(true)
    loser.sessions.set(did, winner.sessions.get(did) as never)
    for (const { client } of [first, second]) {
      const session = await client.restore(did, false)
      expect((await session.fetchHandler('/xrpc/com.atproto.server.getSession')).status).toBe(200)
    }
  }
})

test('a refresh token that was used before ends the session, for whoever stole it and for whom it was stolen from', async () => {
  const { did, first, second } = await sharedSession()
  await first.client.restore(did, true)
  // Nobody waits here until it can be no race any more.
  await sql`UPDATE oauth_used_refresh_token SET used_at = used_at - interval '11 s'`.execute(house.db)
  await expect(second.client.restore(did, true)).rejects.toThrow(/replayed|invalid_grant|Refresh token/i)
  await expect(first.client.restore(did, true)).rejects.toThrow()
})

test('a new password, or a takedown, ends the session in both services with the next request', async () => {
  const { did, first } = await sharedSession()
  const session = await first.client.restore(did, false)
  const { id } = await house.db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const ask = async (path: string) => (await session.fetchHandler(path).catch(() => ({ status: 401 }))).status
  const paths = ['/xrpc/com.atproto.server.getSession', `/xrpc/com.atproto.sync.getHead?did=${did}`]
  expect(await Promise.all(paths.map(ask))).toEqual([200, 200])
  await inTransaction(house.db, { name: 'test' }, (tx) => revokeSessions(tx, id as ActorId, new Date()))
  expect(await Promise.all(paths.map(ask))).toEqual([401, 401])
})

/** Two processes of an app, each with a copy of the session that an account let it have. */
async function sharedSession() {
  const { did, ...who } = await newMember(house.herons)
  const [first, second] = [appOfOurs(), appOfOurs()]
  await signedIn({ browser: new TestBrowser(), app: first, origin: house.herons, ...who })
  second.sessions.set(did, first.sessions.get(did) as never)
  return { did, first, second }
}

const appOfOurs = () => loopbackApp({ plcUrl: house.plcUrl, origin: house.herons })
