import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { findActor } from '@heronry/accounts/actor'
import { revokeSessions } from '@heronry/accounts/revoke-sessions'
import {
  type AccessScope,
  createTokenIssuer,
  importTokenKeys,
  type TokenKeys,
} from '@heronry/accounts/tokens'
import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Community } from '@heronry/communities/community'
import { createCommunityDirectory } from '@heronry/communities/directory'
import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { createLocalJWKSet, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Auth, type AuthOptions, createAuth } from './create-auth.ts'
import { adminGuessesMax } from './limits.ts'
import { openReplays } from './replays.ts'

const did = 'did:plc:greyheron' as Did
const hour = 3_600_000
/** No session needs a DID document. */
const nobody = { resolve: () => Promise.reject(new Error('nobody was to be resolved')) }

let database: TestDatabase
let keys: TokenKeys
let auth: Auth
let dpop: AuthOptions['dpop']
let herons: Community
let storks: Community

beforeAll(async () => {
  database = await testDatabase()
  keys = await importTokenKeys({ keys: [privateKey('a')] })
  await applyDefinitions(database.db, ['herons', 'storks'].map(definition))
  const logger = createLogger({ service: 'test', level: 'warn', enabled: false })
  dpop = { secret: randomBytes(32), replays: openReplays({ db: database.db, redisUrl: undefined, logger }) }
  auth = createAuth({ db: database.db, keys: createLocalJWKSet(keys.publicJwks), resolver: nobody, dpop })
  const [first, second] = await createCommunityDirectory({ db: database.db, logger }).all()
  if (!first || !second) throw new Error('two communities')
  herons = first
  storks = second
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await database.db.deleteFrom('actor').execute()
  const actor = { did, handle: 'grey.herons.example', deactivated_at: null }
  await database.db
    .insertInto('actor')
    .values([
      { ...actor, community_id: herons.id },
      { ...actor, community_id: storks.id, deactivated_at: new Date() },
    ])
    .execute()
})

const issued = async ({
  now = Date.now(),
  community = herons,
  scope = 'com.atproto.access' as AccessScope,
  sessionsSince = null as Date | null,
} = {}) =>
  createTokenIssuer({ keys }).issue({
    audience: community.serviceDid,
    did,
    scope,
    sessionId: 'session-1',
    issuedAt: { now, sessionsSince },
  })
const request = (token: string, community = herons) => ({
  authorization: `Bearer ${token}`,
  community,
  nsid: 'com.atproto.server.getSession',
  client: '192.0.2.1',
  message: { headers: {} },
})

describe('a session', () => {
  test('is the actor of the community that was asked', async () => {
    const { accessJwt } = await issued()
    const session = await auth.session({ reach: 'full' })(request(accessJwt))
    expect(session).toMatchObject({ type: 'session', actor: { did, communityId: herons.id } })
  })

  test('is nothing at another community, although that hosts the same DID', async () => {
    const { accessJwt } = await issued()
    await expect(auth.session({ reach: 'full' })(request(accessJwt, storks))).rejects.toMatchObject({
      code: 'InvalidToken',
      message: 'Token could not be verified',
    })
  })

  test('runs out', async () => {
    const { accessJwt } = await issued({ now: Date.now() - 3 * hour })
    await expect(auth.session({ reach: 'full' })(request(accessJwt))).rejects.toMatchObject({
      code: 'ExpiredToken',
      message: 'Token has expired',
    })
  })

  test('is not opened by a refresh token, nor refreshed by an access token', async () => {
    const { accessJwt, refreshJwt } = await issued()
    await expect(auth.session({ reach: 'standard' })(request(refreshJwt))).rejects.toMatchObject({
      code: 'InvalidToken',
    })
    await expect(auth.refresh()(request(accessJwt))).rejects.toMatchObject({ code: 'InvalidToken' })
    expect(await auth.refresh()(request(refreshJwt))).toMatchObject({ sessionId: 'session-1' })
  })

  test('of a taken-down account opens only what lets it leave', async () => {
    const { accessJwt } = await issued({ scope: 'com.atproto.takendown' })
    await expect(auth.session({ reach: 'standard' })(request(accessJwt))).rejects.toMatchObject({
      message: 'Bad token scope',
    })
    const leaving = auth.session({ reach: 'standard', acceptTakendown: true })
    expect(await leaving(request(accessJwt))).toMatchObject({ scope: 'com.atproto.takendown' })
  })

  test.each([
    ['takendown', { takedown_ref: 'spam' }, 'AccountTakedown'],
    ['suspended', { suspended_until: new Date(Date.now() + hour) }, 'AccountTakedown'],
    ['deactivated', { deactivated_at: new Date() }, 'AccountDeactivated'],
  ])('of an account that was %s since is refused where the method says so', async (_state, columns, code) => {
    const { accessJwt } = await issued()
    await database.db.updateTable('actor').set(columns).where('community_id', '=', herons.id).execute()
    const strict = auth.session({ reach: 'standard', refuseTakendown: true, refuseDeactivated: true })
    await expect(strict(request(accessJwt))).rejects.toMatchObject({ code })
    expect(await auth.session({ reach: 'standard' })(request(accessJwt))).toMatchObject({ type: 'session' })
  })

  test('that was revoked is refused by every process within two seconds, and one that is opened then is not', async () => {
    const [{ accessJwt }, elsewhere] = [await issued(), await issued({ community: storks })]
    const other = createAuth({
      db: database.as('heronry_api'),
      keys: createLocalJWKSet(keys.publicJwks),
      resolver: nobody,
      dpop,
    })
    const everywhere = [auth, other].map((it) => it.session({ reach: 'full' }))
    for (const open of everywhere) expect(await open(request(accessJwt))).toMatchObject({ type: 'session' })
    const { id } = await database.db
      .selectFrom('actor')
      .select('id')
      .where('community_id', '=', herons.id)
      .executeTakeFirstOrThrow()
    await inTransaction(database.db, { name: 'test' }, (tx) => revokeSessions(tx, id as ActorId, new Date()))
    const outcomes = () =>
      Promise.all(everywhere.map((open) => open(request(accessJwt)).catch((it) => it.code)))
    await expect.poll(outcomes, { timeout: 2000 }).toEqual(['ExpiredToken', 'ExpiredToken'])
    const actor = await findActor(database.db, { communityId: herons.id, didOrHandle: did })
    const { accessJwt: fresh } = await issued({ sessionsSince: actor?.sessionsSince ?? null })
    for (const open of everywhere) {
      expect(await open(request(fresh))).toMatchObject({ type: 'session' })
      expect(await open(request(elsewhere.accessJwt, storks))).toMatchObject({ type: 'session' })
    }
  })

  test.each([
    ['takendown', { takedown_ref: 'spam' }, 'AccountTakedown'],
    ['deactivated', { deactivated_at: new Date() }, 'ExpiredToken'],
  ])('that was revoked of an account that is %s is told the reason', async (_state, columns, code) => {
    const { accessJwt, refreshJwt } = await issued()
    const revoked = { ...columns, sessions_since: new Date(Date.now() + hour) }
    await database.db.updateTable('actor').set(revoked).where('community_id', '=', herons.id).execute()
    for (const refused of [
      () => auth.session({ reach: 'standard' })(request(accessJwt)),
      () => auth.refresh()(request(refreshJwt)),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code })
    }
    expect(await auth.logOut(request(refreshJwt))).toMatchObject({ sessionId: 'session-1' })
  })

  test('of an account that is gone is told so by its method, and is nobody to who need not know', async () => {
    const { accessJwt, refreshJwt } = await issued()
    await database.db.deleteFrom('actor').execute()
    const refusals = [
      [() => auth.session({ reach: 'full', refuseTakendown: true })(request(accessJwt)), 'AccountNotFound'],
      [() => auth.session({ reach: 'full', refuseDeactivated: true })(request(accessJwt)), 'AccountNotFound'],
      [() => auth.session({ reach: 'full' })(request(accessJwt)), 'InvalidRequest'],
      [() => auth.refresh()(request(refreshJwt)), 'InvalidRequest'],
    ] as const
    for (const [refused, code] of refusals) await expect(refused()).rejects.toMatchObject({ code })
    expect(await auth.optional({ reach: 'standard' })(request(accessJwt))).toEqual({ type: 'none' })
    expect(await auth.logOut(request(refreshJwt))).toMatchObject({ actor: undefined, sessionId: 'session-1' })
  })
})

describe('a token', () => {
  const signed = async (claims: object, { typ = 'at+jwt', key = keys.privateKey, alg = 'ES256' } = {}) =>
    new SignJWT({ ...usual(), ...claims })
      .setProtectedHeader({ typ, alg, kid: keys.kid })
      .setIssuedAt()
      .sign(key)
  const usual = () => ({
    exp: inAnHour(),
    scope: 'com.atproto.access',
    sub: did,
    aud: herons.serviceDid,
    jti: randomUUID(),
  })
  const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
  const full = (token: string) => auth.session({ reach: 'full' })(request(token))

  test('that was accepted before still runs out, and opens nothing else', async () => {
    const token = await signed({ exp: Math.floor(Date.now() / 1000) + 2 })
    expect(await full(token)).toMatchObject({ type: 'session' })
    await expect(auth.refresh()(request(token))).rejects.toMatchObject({ code: 'InvalidToken' })
    await expect(auth.session({ reach: 'full' })(request(token, storks))).rejects.toMatchObject({
      code: 'InvalidToken',
    })
    const outcome = () => full(token).catch(({ code }) => code)
    await expect.poll(outcome, { timeout: 10_000 }).toBe('ExpiredToken')
  })

  test('with the claims of one that was accepted, but not its signature, is refused', async () => {
    const token = await signed({})
    await full(token)
    const [header, payload] = token.split('.')
    const [, , signature] = (await signed({})).split('.')
    await expect(full(`${header}.${payload}.${signature}`)).rejects.toMatchObject({ code: 'InvalidToken' })
  })

  test('with the right claims is accepted', async () => {
    expect(await full(await signed({}))).toMatchObject({ type: 'session' })
  })

  test.each([
    ['is meant for one method', { lxm: 'com.atproto.repo.createRecord' }],
    ['is bound to a key', { cnf: { jkt: 'x' } }],
    ['names no DID', { sub: 'grey.herons.example' }],
    ['has no scope', { scope: undefined }],
  ])('that %s is malformed', async (_why, claims) => {
    await expect(full(await signed(claims))).rejects.toMatchObject({
      code: 'InvalidToken',
      message: 'Malformed token',
    })
  })

  test('to refresh with, without an id of its own, refreshes and ends nothing', async () => {
    const claims = { scope: 'com.atproto.refresh', jti: undefined }
    const asked = request(await signed(claims, { typ: 'refresh+jwt' }))
    for (const open of [auth.refresh(), auth.logOut]) {
      await expect(open(asked)).rejects.toMatchObject({ code: 'MissingTokenId' })
    }
  })

  test('of another type, key or algorithm is not verified', async () => {
    const { privateKey: stranger } = await importTokenKeys({ keys: [privateKey('a')] })
    const secret = new TextEncoder().encode(JSON.stringify(keys.publicJwks.keys[0]))
    for (const token of [
      await signed({}, { typ: 'dpop+jwt' }),
      await signed({}, { key: stranger }),
      await signed({}, { key: secret as never, alg: 'HS256' }),
      'nonsense',
      `${'a'.repeat(100_000)}.b.c`,
    ]) {
      await expect(full(token)).rejects.toMatchObject({ code: 'InvalidToken' })
    }
  })
})

test('a log-out works although the token has run out', async () => {
  const { refreshJwt } = await issued({ now: Date.now() - 100 * 24 * hour })
  await expect(auth.refresh()(request(refreshJwt))).rejects.toMatchObject({ code: 'ExpiredToken' })
  expect(await auth.logOut(request(refreshJwt))).toMatchObject({ type: 'logOut' })
})

describe('the admin password', () => {
  const basic = (userAndPassword: string, { community = herons, client = '192.0.2.1' } = {}) => ({
    authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}`,
    community,
    nsid: 'com.atproto.admin.getAccountInfo',
    client,
    message: { headers: {} },
  })
  const right = 'admin:secret-herons'

  test('counts at its own community only', async () => {
    expect(await auth.admin(basic('admin:secret-herons'))).toEqual({ type: 'admin' })
    expect(await auth.optional({ reach: 'standard' })(basic('admin:secret-herons'))).toEqual({
      type: 'admin',
    })
    await expect(auth.admin(basic('admin:secret-herons', { community: storks }))).rejects.toMatchObject({
      code: 'AuthenticationRequired',
    })
  })

  test.each(['admin:', 'admin', 'root:secret-herons', 'admin:secret-herons ', ':'])(
    '%s is refused',
    async (text) => {
      await expect(auth.admin(basic(text))).rejects.toMatchObject({ code: 'AuthenticationRequired' })
    },
  )

  test('is guessed at up to the limit of an address and not past it, and from elsewhere it is still right', async () => {
    const client = '192.0.2.7'
    const guess = (n: number) => auth.admin(basic(`admin:guess-${n}`, { client }))
    for (let n = 1; n < adminGuessesMax; n++) {
      await expect(guess(n)).rejects.toMatchObject({ code: 'AuthenticationRequired' })
    }
    expect(await auth.admin(basic(right, { client }))).toEqual({ type: 'admin' })
    await expect(guess(adminGuessesMax)).rejects.toMatchObject({ code: 'AuthenticationRequired' })
    const tooMany = { code: 'RateLimitExceeded' }
    await expect(guess(adminGuessesMax + 1)).rejects.toMatchObject(tooMany)
    await expect(auth.admin(basic(right, { client }))).rejects.toMatchObject(tooMany)
    await expect(auth.optional({ reach: 'standard' })(basic(right, { client }))).rejects.toMatchObject(
      tooMany,
    )
    expect(await auth.admin(basic(right))).toEqual({ type: 'admin' })
    const elsewhere = basic('admin:secret-storks', { client, community: storks })
    expect(await auth.admin(elsewhere)).toEqual({ type: 'admin' })
  })

  test('is not guessed more often by guessing at once', async () => {
    const client = '192.0.2.8'
    const guesses = Array.from({ length: 3 * adminGuessesMax }, (_, n) =>
      auth.admin(basic(`admin:guess-${n}`, { client })),
    )
    const refusals = (await Promise.allSettled(guesses)).map(
      (guess) => 'reason' in guess && guess.reason.code,
    )
    expect(refusals.filter((code) => code === 'AuthenticationRequired')).toHaveLength(adminGuessesMax)
    expect(refusals.filter((code) => code === 'RateLimitExceeded')).toHaveLength(2 * adminGuessesMax)
  })

  test('that is known may be shown by many requests at once, short of the limit too', async () => {
    const client = '192.0.2.9'
    for (let n = 1; n < adminGuessesMax; n++) {
      await expect(auth.admin(basic(`admin:guess-${n}`, { client }))).rejects.toThrow()
    }
    await Promise.all(Array.from({ length: 20 }, () => auth.admin(basic(right, { client }))))
  })

  test('a session is no administrator', async () => {
    const { accessJwt } = await issued()
    await expect(auth.admin(request(accessJwt))).rejects.toMatchObject({ code: 'AuthenticationRequired' })
  })
})

test('who brings nothing is nobody, where nobody may ask', async () => {
  const nothing = { ...request(''), authorization: undefined }
  expect(await auth.optional({ reach: 'standard' })(nothing)).toEqual({ type: 'none' })
  await expect(auth.session({ reach: 'standard' })(nothing)).rejects.toMatchObject({ code: 'AuthMissing' })
})

function privateKey(kid: string): JWK {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(pair.privateKey.export({ format: 'jwk' }) as JWK), kid }
}

function definition(slug: string) {
  return {
    slug,
    hostname: `${slug}.example`,
    publicUrl: `https://${slug}.example`,
    serviceDid: `did:web:${slug}.example` as Did,
    handleDomains: [`.${slug}.example`],
    adminPassword: `secret-${slug}`,
    settings: { name: slug, inviteRequired: false, links: {} },
  }
}
