import { randomBytes } from 'node:crypto'
import { InvalidGrantError } from '@atproto/oauth-provider/errors'
import type { Account, Code, CreateTokenData, RefreshToken, TokenId } from '@atproto/oauth-provider/store'
import { usedOAuthTokenRetentionMs } from '@heronry/accounts/limits'
import { purgeTokens } from '@heronry/accounts/purge-tokens'
import { revokeSessions } from '@heronry/accounts/revoke-sessions'
import type { Community } from '@heronry/communities/community'
import { inTransaction } from '@heronry/db/in-transaction'
import { listAudit } from '@heronry/operators/list-audit'
import { verifyAudit } from '@heronry/operators/verify-audit'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AuthHouse, authHouse, did } from '../test/auth-house.ts'
import { createOAuthTokenStore } from './oauth-token-store.ts'

let house: AuthHouse
beforeAll(async () => {
  house = await authHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('a session is found by its access token, its code and its refresh token, and by nothing of the other community', async () => {
  const store = storeOf(house.herons)
  const { tokenId, refreshToken, code, data } = await opened()
  const info = { id: tokenId, account, data: { ...data, code: null }, currentRefreshToken: null }
  expect(await store.readToken(tokenId)).toEqual(info)
  expect(await store.findTokenByCode(code)).toEqual({ ...info, data })
  expect(await store.findTokenByRefreshToken(refreshToken)).toEqual({
    ...info,
    currentRefreshToken: refreshToken,
  })
  expect(await store.listAccountTokens(did)).toContainEqual(info)

  const storks = storeOf(house.storks)
  expect(await storks.readToken(tokenId)).toBeNull()
  expect(await storks.findTokenByCode(code)).toBeNull()
  expect(await storks.findTokenByRefreshToken(refreshToken)).toBeNull()
  expect(await storks.listAccountTokens(did)).toEqual([])
  await storks.deleteToken(tokenId)
  await expect(storks.rotateToken(tokenId, newId(), newRefresh(), next())).rejects.toThrow('just now')
  expect(await store.readToken(tokenId)).not.toBeNull()
})

test('a session that ends has one row in the log of its community, however many end it at once', async () => {
  const { tokenId } = await opened()
  const rows = () => listAudit(house.db, { communityId: house.herons.id, limit: 100, order: 'newest' })
  const before = (await rows()).length
  await storeOf(house.storks).deleteToken(tokenId)
  expect(await rows()).toHaveLength(before)
  await Promise.all(Array.from({ length: 5 }, () => storeOf(house.herons).deleteToken(tokenId)))
  await storeOf(house.herons).deleteToken(newId())
  const [row, ...others] = await rows()
  expect(others).toHaveLength(before)
  const facts = { client: newData().clientId, by: 'member' }
  const method = 'host.heronry.event.appSessionEnded'
  expect(row).toMatchObject({ method, principal: did, subject: did, address: '192.0.2.1', after: facts })
  expect(await listAudit(house.db, { communityId: house.storks.id, limit: 1, order: 'newest' })).toEqual([])
  const chain = await verifyAudit(house.db, { communityId: house.herons.id, limit: 1000 })
  expect(chain).toMatchObject({ verified: before + 1, fault: undefined })
})

test('a code or a refresh token that comes again is a replay; one that comes for the first time is none', async () => {
  const store = storeOf(house.herons)
  const { tokenId, refreshToken, code } = await opened()
  replays.length = 0
  await store.findTokenByRefreshToken(refreshToken)
  expect(replays).toEqual([])
  await store.findTokenByCode(code)
  expect(replays).toEqual([house.herons.id])
  await store.rotateToken(tokenId, newId(), newRefresh(), next())
  await expect(store.findTokenByRefreshToken(refreshToken)).rejects.toThrow('just now')
  expect(replays).toHaveLength(1)
  await sql`UPDATE oauth_used_refresh_token SET used_at = used_at - interval '11 s'`.execute(house.db)
  await store.findTokenByRefreshToken(refreshToken)
  expect(replays).toHaveLength(2)
})

test('neither a code nor a refresh token is kept as it is', async () => {
  const { refreshToken, code } = await opened()
  const { rows } = await sql<{ text: string }>`
    SELECT row_to_json(oauth_token)::text AS text FROM oauth_token`.execute(house.db)
  const all = rows.map(({ text }) => text).join()
  for (const secret of [refreshToken, code]) {
    expect(all).not.toContain(secret)
    expect(all).not.toContain(Buffer.from(secret).toString('hex'))
  }
})

test('a rotation ends the access token and the refresh token, which still finds its session, as another’s', async () => {
  const store = storeOf(house.herons)
  const { tokenId, refreshToken, data } = await opened()
  const [nextId, nextRefresh] = [newId(), newRefresh()]
  await store.rotateToken(tokenId, nextId, nextRefresh, next())
  expect(await store.readToken(tokenId)).toBeNull()
  await raceIsOver()
  const replayed = await store.findTokenByRefreshToken(refreshToken)
  expect(replayed).toMatchObject({ id: nextId, currentRefreshToken: null })
  const current = await store.findTokenByRefreshToken(nextRefresh)
  expect(current).toMatchObject({ id: nextId, currentRefreshToken: nextRefresh })
  expect(current?.data).toMatchObject({ createdAt: data.createdAt, scope: 'atproto transition:generic' })
  await store.deleteToken(nextId)
  expect(await store.findTokenByRefreshToken(refreshToken)).toBeNull()
})

test('of refreshes that come at the same time one wins, and the others are told to come again; the session lives', async () => {
  const store = storeOf(house.herons)
  const { tokenId, refreshToken } = await opened()
  const tries = Array.from({ length: 8 }, () => ({ id: newId(), refresh: newRefresh() }))
  const results = await Promise.allSettled(
    tries.map(async ({ id, refresh }) => {
      const found = await store.findTokenByRefreshToken(refreshToken)
      try {
        await store.rotateToken(found?.id ?? tokenId, id, refresh, next())
      } catch (error) {
        // So does the provider when a refresh fails.
        await store.deleteToken(found?.id ?? tokenId)
        throw error
      }
    }),
  )
  const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason)
  expect(lost).toHaveLength(7)
  for (const error of lost) expect(error).toMatchObject({ statusCode: 503, error: 'temporarily_unavailable' })
  const winner = tries[results.findIndex(({ status }) => status === 'fulfilled')]
  expect(await store.findTokenByRefreshToken(winner?.refresh as RefreshToken)).toMatchObject({
    id: winner?.id,
    currentRefreshToken: winner?.refresh,
  })
})

test('who is too late by a moment is told to come again, in words that no client takes for the end', async () => {
  const store = storeOf(house.herons)
  const { tokenId, refreshToken } = await opened()
  await store.rotateToken(tokenId, newId(), newRefresh(), next())
  const refusal = await Promise.resolve(store.findTokenByRefreshToken(refreshToken)).catch((error) => error)
  // Of that class, or the provider would make an invalid_grant of it.
  expect(InvalidGrantError.from(refusal, 'Invalid refresh token')).toBe(refusal)
  expect(refusal.toJSON()).toMatchObject({ error: 'temporarily_unavailable' })
  expect(refusal.statusCode).toBe(503)
})

test('what ends the sessions of an account ends those of apps, and those that are being opened or refreshed', async () => {
  const store = storeOf(house.herons)
  for (let round = 0; round < 10; round++) {
    const { tokenId } = await opened()
    const [refreshedId, openedId] = [newId(), newId()]
    const [, , revoked] = await Promise.allSettled([
      store.rotateToken(tokenId, refreshedId, newRefresh(), next()),
      store.createToken(openedId, newData(), newRefresh()),
      revoke(),
    ])
    expect(revoked.status).toBe('fulfilled')
    expect(await store.readToken(tokenId)).toBeNull()
    expect(await store.readToken(refreshedId)).toBeNull()
    await revoke()
    expect(await store.readToken(openedId)).toBeNull()
  }
})

test('nobody opens or refreshes a session of an account that is suspended; it is there again afterwards', async () => {
  const store = storeOf(house.herons)
  const { refreshToken } = await opened()
  await suspend(new Date(Date.now() + 60_000))
  await expect(Promise.resolve(store.findTokenByRefreshToken(refreshToken))).rejects.toMatchObject({
    error: 'access_denied',
    statusCode: 403,
  })
  await expect(store.createToken(newId(), newData(), newRefresh())).rejects.toMatchObject({ statusCode: 403 })
  await suspend(null)
  expect(await store.findTokenByRefreshToken(refreshToken)).toMatchObject({
    currentRefreshToken: refreshToken,
  })
})

test('a code opens one session, however often it is redeemed at once', async () => {
  const store = storeOf(house.herons)
  const data = newData()
  const results = await Promise.allSettled(
    Array.from({ length: 4 }, () => store.createToken(newId(), data, newRefresh())),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('sessions that nobody can refresh, and refresh tokens used long ago, are forgotten', async () => {
  const store = storeOf(house.herons)
  const [kept, gone] = [await opened(), await opened()]
  const updatedAt = new Date(Date.now() - 92 * 86_400_000)
  await store.rotateToken(gone.tokenId, gone.tokenId, newRefresh(), { ...next(), updatedAt })
  await store.rotateToken(kept.tokenId, kept.tokenId, newRefresh(), next())
  await sql`UPDATE oauth_used_refresh_token SET used_at = ${new Date(Date.now() - usedOAuthTokenRetentionMs - 1000)}`.execute(
    house.db,
  )
  await purgeTokens({ db: house.db, clock: { now: () => Date.now() } })
  expect(await store.readToken(gone.tokenId)).toBeNull()
  expect(await store.readToken(kept.tokenId)).not.toBeNull()
  expect(await store.findTokenByRefreshToken(kept.refreshToken)).toBeNull()
})

/** Of which community a code or a refresh token came again. */
const replays: number[] = []
const end = { by: 'member', network: '192.0.2.1' } as const

const account = { did, pds: 'did:web:herons.example', deactivated: false } as Account

function storeOf(community: Community) {
  const ends = { noteReplay: () => replays.push(community.id), current: () => end }
  return createOAuthTokenStore({ db: house.db, community, accountOf: async () => account, ends })
}

async function opened() {
  const [tokenId, refreshToken, data] = [newId(), newRefresh(), newData()]
  await storeOf(house.herons).createToken(tokenId, data, refreshToken)
  return { tokenId, refreshToken, data, code: data.code as Code }
}

function newData(): CreateTokenData {
  const now = new Date()
  return {
    createdAt: now,
    updatedAt: now,
    expiresAt: new Date(now.getTime() + 3_600_000),
    clientId: 'https://app.example/client-metadata.json',
    clientAuth: { method: 'none' },
    deviceId: null,
    did: did as CreateTokenData['did'],
    parameters: {
      client_id: 'https://app.example/client-metadata.json',
      response_type: 'code',
      scope: 'atproto',
      dpop_jkt: 'thumbprint',
    },
    details: null,
    code: `cod-${randomBytes(32).toString('hex')}`,
    scope: 'atproto',
  }
}

function next() {
  const now = new Date()
  const expiresAt = new Date(now.getTime() + 3_600_000)
  return {
    clientAuth: { method: 'none' } as const,
    scope: 'atproto transition:generic',
    updatedAt: now,
    expiresAt,
  }
}

const newId = (): TokenId => `tok-${randomBytes(16).toString('hex')}`
const newRefresh = (): RefreshToken => `ref-${randomBytes(32).toString('hex')}`

function revoke() {
  return inTransaction(house.db, { name: 'test' }, (tx) =>
    revokeSessions(tx, house.actorIds.herons, new Date()),
  )
}

async function suspend(until: Date | null): Promise<void> {
  await house.db
    .updateTable('actor')
    .set({ suspended_until: until })
    .where('id', '=', house.actorIds.herons)
    .execute()
}

/** Nobody waits for it here. */
async function raceIsOver(): Promise<void> {
  await sql`UPDATE oauth_used_refresh_token SET used_at = used_at - interval '11 s'`.execute(house.db)
}
