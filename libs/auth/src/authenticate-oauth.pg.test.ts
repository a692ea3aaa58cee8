import { randomBytes } from 'node:crypto'
import { importTokenKeys } from '@heronry/accounts/tokens'
import type { Community } from '@heronry/communities/community'
import { type TestApp, testApp } from '@heronry/testing/test-app'
import { createLocalJWKSet, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AuthHouse, authHouse, did, nobody, request, tokenKey } from '../test/auth-house.ts'
import type { CredentialRequest } from './authenticator.ts'
import { type Auth, createAuth } from './create-auth.ts'
import { createDpopNonces, type DpopNonces } from './dpop-nonces.ts'
import { dpopProofLengthMax } from './limits.ts'
import { OAuthChallenge } from './oauth-challenge.ts'
import { openReplays } from './replays.ts'

let house: AuthHouse
let key: JWK
let auth: Auth
let app: TestApp
let nonces: DpopNonces
const narrowed = { reach: 'standard', acceptNarrowed: true } as const
const nsid = 'com.atproto.server.getSession'

beforeAll(async () => {
  house = await authHouse()
  key = tokenKey('a')
  auth = await authOf(house.api)
  app = testApp({ db: house.db, tokenKey: key })
  nonces = createDpopNonces(house.dpop.secret)
})
afterAll(() => house[Symbol.asyncDispose]())

test('an app is who its token says, with what its session may do', async () => {
  const session = await letIn()
  const credentials = await ask(session)
  expect(credentials).toMatchObject({
    type: 'oauth',
    actor: { id: house.actorIds.herons, did },
    tokenId: session.tokenId,
    clientId: 'https://app.example/client-metadata.json',
  })
  expect(credentials.permissions?.allowsRepo({ collection: 'app.bsky.feed.post', action: 'create' })).toBe(
    true,
  )
  expect(credentials.permissions?.allowsRepo({ collection: 'app.bsky.feed.like', action: 'create' })).toBe(
    false,
  )
})

test('a method that is none for apps says so, in its own words if it has some', async () => {
  const session = await letIn()
  const plain = auth.session({ reach: 'standard' })
  await expect(plain(asked(session))).rejects.toMatchObject({
    code: 'Forbidden',
    message: 'OAuth credentials are not supported for this endpoint',
  })
  const worded = auth.session({ reach: 'full', oauthRefusal: 'Use the pages' })
  await expect(worded(asked(session))).rejects.toMatchObject({ code: 'Forbidden', message: 'Use the pages' })
})

describe('a proof', () => {
  test('counts once', async () => {
    const session = await letIn()
    const once = asked(session)
    await auth.session(narrowed)(once)
    await expect(auth.session(narrowed)(once)).rejects.toMatchObject(
      refusal('invalid_dpop_proof', 'replayed'),
    )
  })

  test('counts once of many at the same time', async () => {
    const once = asked(await letIn())
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => auth.session(narrowed)(once)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test.each([
    ['of another method', { claims: { htm: 'POST' } }, 'htm'],
    ['of another path', { url: 'https://herons.example/xrpc/other.method' }, 'htu'],
    ['of another community', { url: `https://storks.example/xrpc/${nsid}` }, 'htu'],
    ['of another token', { claims: { ath: 'x' } }, 'ath'],
    ['without an id', { claims: { jti: undefined } }, 'jti'],
  ])('%s is refused', async (_what, proof, said) => {
    await expect(ask(await letIn(), proof)).rejects.toMatchObject(refusal('invalid_dpop_proof', said))
  })

  test('with a query in its URL, or in other case, is for the same resource', async () => {
    const session = await letIn()
    for (const htu of [
      `https://herons.example/xrpc/${nsid}?a=b`,
      `HTTPS://Herons.Example:443/xrpc/${nsid}`,
    ]) {
      expect(await ask(session, { claims: { htu } })).toMatchObject({ type: 'oauth' })
    }
  })

  test('names a nonce of ours: of this minute, the one before or the next, or is asked for one', async () => {
    const session = await letIn()
    for (const nonce of [undefined, 'x', createDpopNonces(randomBytes(32)).next()]) {
      await expect(ask(session, { nonce })).rejects.toMatchObject(refusal('use_dpop_nonce', 'nonce'))
    }
  })

  test('is believed 180 seconds off, and beyond it its holder is told of the clock', async () => {
    const session = await letIn()
    const now = Math.floor(Date.now() / 1000)
    for (const off of [-185, -180, 178]) {
      expect(await ask(session, { claims: { iat: now + off } })).toMatchObject({ type: 'oauth' })
    }
    await expect(ask(session, { claims: { iat: now + 240 } })).rejects.toMatchObject(
      refusal('invalid_dpop_proof', /clock of this device is off: it is 2(39|40) seconds ahead/),
    )
    await expect(ask(session, { claims: { iat: now - 240 } })).rejects.toMatchObject(
      refusal('invalid_dpop_proof', /clock of this device is off: it is 24[01] seconds behind/),
    )
  })

  test('that is missing, another key’s, too long or no proof is refused', async () => {
    const session = await letIn()
    const url = `https://herons.example/xrpc/${nsid}`
    const other = testApp({ db: house.db, tokenKey: key })
    const stolen = other.headers(session, { method: 'GET', url, nonce: nonces.next() })
    await expect(ask(session, {}, stolen)).rejects.toMatchObject(refusal('invalid_token', 'key binding'))
    for (const dpop of [undefined, 'no proof', 'a.b.c', 'x'.repeat(dpopProofLengthMax + 1)]) {
      await expect(ask(session, {}, { dpop })).rejects.toMatchObject(refusal('invalid_dpop_proof', 'DPoP'))
    }
  })
})

describe('a token', () => {
  test('counts at its own community only, though the keys are the same', async () => {
    const here = await letIn()
    const url = `https://storks.example/xrpc/${nsid}`
    await expect(ask(here, { url, community: house.storks })).rejects.toMatchObject(refusal('invalid_token'))
    // Nor with a row there that has its id.
    const claims = { jti: here.tokenId }
    const there = await letIn({ community: house.storks, actorId: house.actorIds.storks }, claims)
    await expect(ask(there, { url, community: house.storks })).rejects.toMatchObject(
      refusal('invalid_token', 'revoked'),
    )
  })

  test.each([
    ['of another issuer', { iss: 'https://storks.example' }],
    ['for another service', { aud: 'did:web:storks.example' }],
    ['of somebody else', { sub: 'did:plc:nobody' }],
    ['that has run out', { exp: Math.floor(Date.now() / 1000) - 1 }],
    ['that never runs out', { exp: undefined }],
    ['that is bound to no key', { cnf: undefined }],
    ['that is bound to another key', { cnf: { jkt: 'other' } }],
    ['without an id', { jti: undefined }],
  ])('%s is refused', async (_what, claims) => {
    await expect(ask(await letIn({}, claims))).rejects.toMatchObject(refusal('invalid_token'))
  })

  test('of a key that the house does not have is refused', async () => {
    const stranger = testApp({ db: house.db, tokenKey: tokenKey('a') })
    const session = await stranger.letIn(member())
    const url = `https://herons.example/xrpc/${nsid}`
    const headers = stranger.headers(session, { method: 'GET', url, nonce: nonces.next() })
    await expect(ask(session, {}, headers)).rejects.toMatchObject(refusal('invalid_token'))
  })

  test('is no bearer token, and a session token is none with a proof', async () => {
    const session = await letIn()
    await expect(auth.session(narrowed)(request(session.accessToken, house.herons))).rejects.toMatchObject({
      code: 'InvalidToken',
    })
  })

  test('is worth nothing once its session is gone, has another, or its account is barred; a deactivated one is told so', async () => {
    const session = await letIn()
    const { db, actorIds } = house
    const barred = (until: Date | null) =>
      db.updateTable('actor').set({ suspended_until: until }).where('id', '=', actorIds.herons).execute()
    await barred(new Date(Date.now() + 60_000))
    await expect(ask(session)).rejects.toMatchObject({ code: 'AccountTakedown' })
    await barred(null)
    expect(await ask(session)).toMatchObject({ type: 'oauth' })
    await db.deleteFrom('oauth_token').where('token_id', '=', session.tokenId).execute()
    await expect(ask(session)).rejects.toMatchObject(refusal('invalid_token', 'revoked'))

    const away = { community: house.storks, actorId: actorIds.storks }
    const url = `https://storks.example/xrpc/${nsid}`
    const there = asked(await letIn(away), { url, community: house.storks })
    await expect(auth.session({ ...narrowed, refuseDeactivated: true })(there)).rejects.toMatchObject({
      code: 'AccountDeactivated',
    })
  })
})

test('without Postgres the answer is 503, and no client takes its token for bad', async () => {
  const session = await letIn()
  const lost = await authHouse()
  const without = await authOf(lost.api)
  await lost[Symbol.asyncDispose]()
  await expect(without.session(narrowed)(asked(session))).rejects.toMatchObject({
    code: 'ServiceUnavailable',
  })
})

test('without Redis nothing is lost', async () => {
  const logger = { warn() {}, debug() {} } as never
  await using replays = openReplays({ db: house.api, redisUrl: 'redis://127.0.0.1:1', logger })
  const without = createAuth({ ...(await optionsOf(house.api)), dpop: { ...house.dpop, replays } })
  const once = asked(await letIn())
  expect(await without.session(narrowed)(once)).toMatchObject({ type: 'oauth' })
  await expect(without.session(narrowed)(once)).rejects.toMatchObject(
    refusal('invalid_dpop_proof', 'replayed'),
  )
})

async function optionsOf(db: AuthHouse['api']) {
  const { publicJwks } = await importTokenKeys({ keys: [key] })
  return { db, keys: createLocalJWKSet(publicJwks), resolver: nobody, dpop: house.dpop }
}

async function authOf(db: AuthHouse['api']): Promise<Auth> {
  return createAuth(await optionsOf(db))
}

const member = () => ({
  community: house.herons,
  actorId: house.actorIds.herons as bigint,
  did: did as string,
  scope: 'atproto repo:app.bsky.feed.post?action=create',
})

function letIn(at: { community?: Community; actorId?: bigint } = {}, claims: Record<string, unknown> = {}) {
  return app.letIn({ ...member(), ...at }, claims)
}

interface Asking {
  url?: string
  community?: Community
  nonce?: string | undefined
  claims?: Record<string, unknown>
}

function asked(
  session: Awaited<ReturnType<typeof letIn>>,
  asking: Asking = {},
  headers: object = {},
): CredentialRequest {
  const { url = `https://herons.example/xrpc/${nsid}`, community = house.herons, claims = {} } = asking
  const nonce = 'nonce' in asking ? asking.nonce : nonces.next()
  const proven = { ...app.headers(session, { method: 'GET', url, nonce, claims }), ...headers }
  const message = { method: 'GET', url: `/xrpc/${nsid}`, headers: proven }
  return { ...request('', community), authorization: proven.authorization, message }
}

async function ask(...asking: Parameters<typeof asked>) {
  return auth.session(narrowed)(asked(...asking))
}

/** What the client is told, in the body and in the challenge. */
function refusal(error: string, said: string | RegExp = '') {
  return expect.toSatisfy(
    (thrown: unknown) =>
      thrown instanceof OAuthChallenge &&
      thrown.payload.error === error &&
      new RegExp(said).test(thrown.payload.message ?? '') &&
      thrown.challenge.startsWith('DPoP algs="') &&
      thrown.challenge.includes(`error="${error}", error_description="${thrown.payload.message}"`),
  )
}
