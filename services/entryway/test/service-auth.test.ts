import { verifyJwt } from '@atproto/xrpc-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
let member: { did: string; token: string; password: string }
beforeAll(async () => {
  house = await entrywayHouse()
  const { created, password } = await signUp(house)
  member = { did: created.body.did, token: created.body.accessJwt, password }
})
afterAll(() => house[Symbol.asyncDispose]())

const method = 'app.bsky.feed.getTimeline'
const aud = 'did:web:api.example.com'
const seconds = () => Math.floor(Date.now() / 1000)

interface Query {
  aud: string
  lxm?: string
  exp?: number
}

function askFor({ aud, lxm, exp }: Query, token = member.token, at?: 'storks') {
  const params = new URLSearchParams({ aud, ...(lxm && { lxm }), ...(exp && { exp: String(exp) }) })
  return ask(house, `com.atproto.server.getServiceAuth?${params}`, { token, ...(at && { at }) })
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

async function appPassword(input: object) {
  const made = await ask(house, 'host.heronry.account.createAppPassword', { token: member.token, input })
  const login = { identifier: member.did, password: made.body.password }
  return (await ask(house, 'com.atproto.server.createSession', { input: login })).body.accessJwt as string
}

test("a service token is signed with the repo's key, as the reference's verifier wants it", async () => {
  const { body } = await askFor({ aud, lxm: method })
  const { did_key } = await house.db
    .selectFrom('signing_key')
    .innerJoin('actor', 'actor.id', 'signing_key.actor_id')
    .select('did_key')
    .where('did', '=', member.did)
    .executeTakeFirstOrThrow()
  const verified = await verifyJwt(body.token, aud, method, async () => did_key)
  expect(verified).toMatchObject({ iss: member.did, aud, lxm: method })
  expect(JSON.parse(Buffer.from(body.token.split('.')[0], 'base64url').toString())).toEqual({
    typ: 'JWT',
    alg: 'ES256K',
    kid: '#atproto',
  })
  expect(Object.keys(claimsOf(body.token))).toEqual(['iat', 'iss', 'aud', 'exp', 'lxm', 'jti'])
  expect(claimsOf(body.token)['jti']).toMatch(/^[0-9a-f]{32}$/)
  expect(Number(claimsOf(body.token)['exp']) - seconds()).toBeLessThanOrEqual(60)
  expect(claimsOf((await askFor({ aud })).body.token)).not.toHaveProperty('lxm')
})

test.each([
  ['did:web:a.example', true],
  ['did:plc:ewvi7nxzyoun6zhxrhs64oiz#bsky_appview', true],
  ['did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme', false],
  ['a.example', false],
  ['did:web:a.example#', false],
  ['did:web:a.example#a#b', false],
  ['did:web:a.example#a b', false],
  ['', false],
])('an audience is a DID of atproto, or a service of one: %s', async (audience, isOne) => {
  const { status, body } = await askFor({ aud: audience, lxm: method })
  if (isOne) expect(claimsOf(body.token)['aud']).toBe(audience)
  else expect([status, body.error]).toEqual([400, 'InvalidRequest'])
})

describe('an end', () => {
  test.each([
    ['a minute ago', -60, {}, 'BadExpiration'],
    ['in 3590 s', 3590, { lxm: method }, undefined],
    ['in 3610 s', 3610, { lxm: method }, 'BadExpiration'],
    ['in 50 s, for any method', 50, {}, undefined],
    ['in 70 s, for any method', 70, {}, 'BadExpiration'],
  ])('%s', async (_, inS, query, error) => {
    const exp = seconds() + inS
    const { status, body } = await askFor({ aud, exp, ...query })
    if (error === undefined) expect(claimsOf(body.token)['exp']).toBe(exp)
    else expect([status, body.error]).toEqual([400, error])
  })
})

test.each([
  'com.atproto.server.getSession',
  'com.atproto.server.GETSESSION',
  'com.atproto.identity.signPlcOperation',
])('no other service is asked for %s', async (lxm) => {
  const { status, body } = await askFor({ aud, lxm })
  expect([status, body.error]).toEqual([400, 'InvalidRequest'])
})

describe('an app password', () => {
  const chat = { aud, lxm: 'chat.bsky.convo.getMessages' }
  const leave = { aud, lxm: 'com.atproto.server.createAccount' }
  const later = { aud, lxm: 'chat.bsky.convo.somethingNewer' }

  test('without privilege reaches no private messages and does not leave', async () => {
    const token = await appPassword({ name: 'plain' })
    expect((await askFor({ aud, lxm: method }, token)).status).toBe(200)
    for (const query of [chat, leave, later]) {
      const { status, body } = await askFor(query, token)
      expect([status, body.error]).toEqual([400, 'InvalidRequest'])
    }
  })

  test('with privilege does', async () => {
    const token = await appPassword({ name: 'privileged', privileged: true })
    for (const query of [chat, leave, later]) expect((await askFor(query, token)).status).toBe(200)
  })

  test('that is narrowed asks for what it may', async () => {
    const permissions = [`rpc:${method}?aud=${aud}%23bsky_appview`]
    const token = await appPassword({ name: 'narrowed', permissions })
    const service = `${aud}#bsky_appview`
    expect((await askFor({ aud: service, lxm: method }, token)).status).toBe(200)
    for (const query of [
      { aud: service },
      { aud: service, lxm: 'app.bsky.feed.getFeed' },
      { aud, lxm: method },
    ]) {
      const { status, body } = await askFor(query, token)
      expect([status, body.error]).toEqual([403, 'ScopeMissingError'])
    }
  })
})

test('a taken-down account gets one to leave with, and nothing else', async () => {
  const { created, email, password } = await signUp(house)
  await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', created.body.did).execute()
  const input = { identifier: email, password, allowTakendown: true }
  const { body: session } = await ask(house, 'com.atproto.server.createSession', { input })
  for (const token of [session.accessJwt, created.body.accessJwt]) {
    expect((await askFor({ aud, lxm: 'com.atproto.server.createAccount' }, token)).status).toBe(200)
    for (const query of [{ aud }, { aud, lxm: method }]) {
      const { status, body } = await askFor(query, token)
      expect([status, body.error]).toEqual([400, 'InvalidToken'])
    }
  }
})

test('a token of another community gets none, and no token neither', async () => {
  expect((await askFor({ aud, lxm: method }, member.token, 'storks')).body.error).toBe('InvalidToken')
  const nothing = await ask(house, `com.atproto.server.getServiceAuth?aud=${aud}`)
  expect([nothing.status, nothing.body.error]).toEqual([401, 'AuthMissing'])
})
