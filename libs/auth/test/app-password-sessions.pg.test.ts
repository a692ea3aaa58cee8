import { revokeAppPassword } from '@heronry/accounts/revoke-app-password'
import {
  type AccessScope,
  createTokenIssuer,
  importTokenKeys,
  type TokenIssuer,
} from '@heronry/accounts/tokens'
import type { Community } from '@heronry/communities/community'
import { createLocalJWKSet } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Auth, createAuth } from '../src/create-auth.ts'
import { assertPermitted, isPermitted } from '../src/permissions.ts'
import { type AuthHouse, authHouse, did, nobody, request, tokenKey } from './auth-house.ts'

let house: AuthHouse
let auth: Auth
let issuer: TokenIssuer
const narrowed = { reach: 'standard', acceptNarrowed: true } as const

beforeAll(async () => {
  house = await authHouse()
  const keys = await importTokenKeys({ keys: [tokenKey('a')] })
  issuer = createTokenIssuer({ keys })
  auth = createAuth({
    db: house.api,
    keys: createLocalJWKSet(keys.publicJwks),
    resolver: nobody,
    dpop: house.dpop,
  })
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  await house.db.deleteFrom('app_password').execute()
})

async function appPassword({ permissions = null as string[] | null, of = house.actorIds.herons } = {}) {
  const row = { actor_id: of, name: 'app', hash: 'sha256:x', privileged: false, permissions }
  const { id } = await house.db
    .insertInto('app_password')
    .values(row)
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

async function accessToken(
  grant: { scope?: AccessScope; appPasswordId?: bigint; community?: Community } = {},
) {
  const { scope = 'com.atproto.appPass', appPasswordId, community = house.herons } = grant
  const whose = { audience: community.serviceDid, did, sessionId: 'x' }
  return (await issuer.issue({ ...whose, scope, appPasswordId })).accessJwt
}

describe('the access token of an app password', () => {
  test.each<[AccessScope, string[]]>([
    ['com.atproto.appPass', ['standard']],
    ['com.atproto.appPassPrivileged', ['privileged', 'standard']],
  ])('of the scope %s reaches %j', async (scope, reaches) => {
    const token = await accessToken({ scope, appPasswordId: await appPassword() })
    for (const reach of ['full', 'privileged', 'standard'] as const) {
      const outcome = await auth
        .session({ reach })(request(token, house.herons))
        .catch(({ message }) => message)
      if (reaches.includes(reach)) expect(outcome).toMatchObject({ scope, permissions: null })
      else expect(outcome).toBe('Bad token scope')
    }
  })

  test('is worth nothing within two seconds after it is revoked, at any process', async () => {
    const id = await appPassword()
    const token = await accessToken({ appPasswordId: id })
    const open = auth.session({ reach: 'standard' })
    expect(await open(request(token, house.herons))).toMatchObject({ type: 'session' })
    await revokeAppPassword(house.db, { actorId: house.actorIds.herons, name: 'app' })
    const outcome = () => open(request(token, house.herons)).catch(({ code }) => code)
    await expect.poll(outcome, { timeout: 2000 }).toBe('ExpiredToken')
    await appPassword()
    expect(await outcome()).toBe('ExpiredToken')
  })

  test('is worth nothing without an app password of that account', async () => {
    const open = (token: string) =>
      auth
        .session({ reach: 'standard' })(request(token, house.herons))
        .catch(({ code }) => code)
    const theirs = await appPassword({ of: house.actorIds.storks })
    expect(await open(await accessToken({ appPasswordId: theirs }))).toBe('ExpiredToken')
    expect(await open(await accessToken())).toBe('ExpiredToken')
  })

  test('counts at its own community only', async () => {
    const id = await appPassword({ of: house.actorIds.storks })
    const token = await accessToken({ appPasswordId: id, community: house.storks })
    const open = auth.session({ reach: 'standard' })
    expect(await open(request(token, house.storks))).toMatchObject({ type: 'session' })
    await expect(open(request(token, house.herons))).rejects.toMatchObject({ code: 'InvalidToken' })
  })
})

describe('one that is narrowed', () => {
  const session = async (permissions: string[]) => {
    const token = await accessToken({ appPasswordId: await appPassword({ permissions }) })
    return { token, credentials: await auth.session(narrowed)(request(token, house.herons)) }
  }

  test('opens only what asserts its permissions, and what anybody may read', async () => {
    const { token } = await session(['blob:*/*'])
    await expect(auth.session({ reach: 'standard' })(request(token, house.herons))).rejects.toMatchObject({
      code: 'InvalidToken',
      message: 'Bad token scope',
    })
    expect(await auth.optional({ reach: 'standard' })(request(token, house.herons))).toMatchObject({
      type: 'session',
    })
  })

  test('may do what it says, and is told what it lacks for anything else', async () => {
    const { credentials } = await session(['repo:app.bsky.feed.post?action=create', 'blob:image/*'])
    const { permissions } = credentials
    const post = { collection: 'app.bsky.feed.post', action: 'create' } as const
    assertPermitted(credentials, { repo: post })
    assertPermitted(credentials, { blob: { mime: 'image/png' } })
    expect(isPermitted(permissions, { repo: { ...post, action: 'delete' } })).toBe(false)
    expect(isPermitted(permissions, { account: { attr: 'email', action: 'read' } })).toBe(false)
    expect(isPermitted(permissions, { identity: { attr: 'handle' } })).toBe(false)
    for (const [deed, scope] of [
      [{ repo: { ...post, action: 'delete' } }, 'repo:app.bsky.feed.post?action=delete'],
      [{ repo: { ...post, collection: 'app.bsky.feed.like' } }, 'repo:app.bsky.feed.like?action=create'],
      [{ blob: { mime: 'video/mp4' } }, 'blob:video/mp4'],
      [{ rpc: { aud: 'did:web:a.test#b', lxm: 'a.b.c' } }, 'rpc:a.b.c?aud=did:web:a.test%23b'],
      [{ account: { attr: 'email', action: 'manage' } }, 'account:email?action=manage'],
      [{ identity: { attr: 'handle' } }, 'identity:handle'],
    ] as const) {
      expect(() => assertPermitted(credentials, deed)).toThrow(
        expect.objectContaining({ code: 'ScopeMissingError', message: `Missing required scope "${scope}"` }),
      )
    }
  })
})
