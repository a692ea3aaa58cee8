import type { CommunityId } from '@heronry/core/ids'
import { listAudit } from '@heronry/operators/list-audit'
import { verifyAudit } from '@heronry/operators/verify-audit'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { heldCode } from './oauth-by-hand.ts'
import { newMember, TestBrowser } from './oauth-client.ts'
import { houseGround, oauthHouse } from './oauth-house.ts'

test('the log of the community tells who signed in, which app was let in, and how its session ended; the other’s tells nothing', async () => {
  await using ground = await houseGround()
  await using house = await oauthHouse(ground)
  const [herons, storks] = (await house.communities.all()).map(({ id }) => id) as [CommunityId, CommunityId]
  const rows = (communityId: CommunityId) => listAudit(house.db, { communityId, limit: 100, order: 'oldest' })
  const who = await newMember(house.herons)
  await expect(heldCode(house.herons, { ...who, password: 'a wrong password' })).rejects.toThrow()
  expect(await rows(herons)).toEqual([])

  const { redeem, refreshWith } = await heldCode(house.herons, who)
  const first = (await redeem()).json['refresh_token'] ?? ''
  expect((await refreshWith(first)).status).toBe(200)
  await sql`UPDATE oauth_used_refresh_token SET used_at = used_at - interval '11 s'`.execute(house.db)
  expect((await refreshWith(first)).status).toBe(400)

  const browser = new TestBrowser()
  const next = await heldCode(house.herons, who, { browser, remember: true })
  await next.redeem()
  const page = `${house.herons}/account`
  await browser.open(page)
  const [{ token_id: tokenId = '' } = {}] = (
    await sql<{ token_id: string }>`SELECT token_id FROM oauth_token`.execute(house.db)
  ).rows
  const revoked = await browser.call(page, 'revoke-oauth-session', { body: { did: who.did, tokenId } })
  expect(revoked.status).toBe(200)
  const again = await browser.call(page, 'revoke-oauth-session', { body: { did: who.did, tokenId } })
  expect(again.status).toBe(400)

  const all = await rows(herons)
  const told = all.map(({ method, principal, subject, after }) => {
    const { kind, by, scope } = after ?? {}
    return [method.replace('host.heronry.event.', ''), principal, subject, kind ?? by ?? scope]
  })
  const { did } = who
  expect(told).toEqual([
    ['signedIn', did, did, 'oauth'],
    ['appLetIn', did, did, 'atproto'],
    ['appSessionEnded', 'nobody', did, 'replay'],
    ['signedIn', did, did, 'oauth'],
    ['appLetIn', did, did, 'atproto'],
    ['appSessionEnded', did, did, 'member'],
  ])
  expect(new Set(all.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']))
  expect(await rows(storks)).toEqual([])
  const chain = await verifyAudit(house.db, { communityId: herons, limit: 100 })
  expect(chain).toMatchObject({ verified: 6, fault: undefined })
})
