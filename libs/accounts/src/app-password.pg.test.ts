import { scryptSync } from 'node:crypto'
import { HeronryError } from '@heronry/core/error'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import type { Actor } from './actor.ts'
import { referenceSalt } from './app-password-secret.ts'
import { listAppPasswords } from './app-password-store.ts'
import { createAccount } from './create-account.ts'
import { type AppPasswordRequest, createAppPassword as create } from './create-app-password.ts'
import { createSession } from './create-session.ts'
import { findAppPasswordGrant } from './find-app-password-grant.ts'
import { appPasswordNameLengthMax, appPasswordsMax, permissionLengthMax, permissionsMax } from './limits.ts'
import { refreshSession } from './refresh-session.ts'
import { revokeAppPassword } from './revoke-app-password.ts'

let house: SignUpHouse
let account: ReturnType<typeof someone>
let actor: Actor
const wrong = new HeronryError('AuthenticationRequired', 'Invalid identifier or password')

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  account = someone(house.here)
  actor = (await createAccount(house.deps, account)).actor
})

describe('an app password', () => {
  test('is told once, and only its hash is kept', async () => {
    const made = await make()
    expect(made.secret).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
    const rows = await house.db.selectFrom('app_password').selectAll().where('id', '=', made.id).execute()
    expect(JSON.stringify(rows, (_, it) => (typeof it === 'bigint' ? String(it) : it))).not.toContain(
      made.secret,
    )
    expect(await listAppPasswords(house.deps.db, actor.id)).toEqual([
      { id: made.id, name: 'app', privileged: false, permissions: null, createdAt: made.createdAt },
    ])
  })

  test('has a name of its own in its account, of two made at once too; another account may have it', async () => {
    const outcomes = await Promise.allSettled([make(), make()])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(make()).rejects.toMatchObject({
      code: 'AlreadyExists',
      message: 'There is an app password of that name already',
    })
    const other = (await createAccount(house.deps, someone(house.here))).actor
    expect(await make({ actor: other })).toMatchObject({ name: 'app' })
  })

  test.each([
    ['nothing', '', false],
    ['blanks', ' \t', false],
    ['one character', 'a', true],
    ['as many characters as the limit', 'x'.repeat(appPasswordNameLengthMax), true],
    ['one more', 'x'.repeat(appPasswordNameLengthMax + 1), false],
  ])('may be named by %s: %#', async (_, name, isName) => {
    const outcome = await make({ name }).catch((error) => error.code)
    if (isName) expect(outcome).toMatchObject({ name })
    else expect(outcome).toBe('InvalidRequest')
  })

  test('of an account: as many as the limit, and not one more, of many made at once', async () => {
    const rows = Array.from({ length: appPasswordsMax - 1 }, (_, n) => ({
      actor_id: actor.id,
      name: `old ${n}`,
      hash: `sha256:${n}`,
      privileged: false,
    }))
    await house.db.insertInto('app_password').values(rows).execute()
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => make({ name: `new ${n}` })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(make({ name: 'more' })).rejects.toMatchObject({ code: 'InvalidRequest' })
    await revokeAppPassword(house.deps.db, { actorId: actor.id, name: 'old 1' })
    expect(await make({ name: 'more' })).toMatchObject({ name: 'more' })
  })
})

describe('permissions', () => {
  test('are kept in their normal form, each once', async () => {
    const permissions = [
      'repo:app.bsky.feed.post?action=create',
      'repo?collection=app.bsky.feed.post&action=create',
      'blob:image/*',
      'rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app%23bsky_appview',
      'account:email',
      'identity:handle',
    ]
    expect((await make({ permissions })).permissions).toEqual([
      'repo:app.bsky.feed.post?action=create',
      'blob:image/*',
      'rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app%23bsky_appview',
      'account:email',
      'identity:handle',
    ])
  })

  test.each([
    'atproto',
    'transition:generic',
    'repo:',
    'repo:nonsense',
    'repo:app.bsky.feed.post?action=read',
    'rpc:*?aud=*',
    'rpc:app.bsky.feed.getTimeline',
    'account:repo?action=manage',
    'identity:*',
    '',
    '\u0000',
  ])('that no app password can have are refused: %s', async (scope) => {
    await expect(make({ permissions: ['blob:*/*', scope] })).rejects.toMatchObject({ code: 'InvalidRequest' })
  })

  test('are 1 to 50, of up to 2048 characters each', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `repo:com.example.n${n}`)
    const long = (length: number) => [`blob:image/${'x'.repeat(length - 'blob:image/'.length)}`]
    await expect(make({ name: 'none', permissions: [] })).rejects.toMatchObject({ code: 'InvalidRequest' })
    expect((await make({ name: 'many', permissions: many(permissionsMax) })).permissions).toHaveLength(50)
    expect(await make({ name: 'long', permissions: long(permissionLengthMax) })).toMatchObject({
      name: 'long',
    })
    for (const permissions of [many(permissionsMax + 1), long(permissionLengthMax + 1)]) {
      await expect(make({ permissions })).rejects.toMatchObject({ code: 'InvalidRequest' })
    }
  })
})

describe('a login with an app password', () => {
  test.each([
    [false, 'com.atproto.appPass'],
    [true, 'com.atproto.appPassPrivileged'],
  ])(
    'opens a session of its kind, which a refresh carries over (privileged: %s)',
    async (privileged, scope) => {
      const { secret, id } = await make({ privileged })
      const session = await logIn(secret)
      expect(claimsOf(session.accessJwt)).toMatchObject({ scope, app_password: String(id) })
      expect(claimsOf(session.refreshJwt)).not.toHaveProperty('app_password')
      const next = await rotate(await rotate(session))
      expect(claimsOf(next.accessJwt)).toMatchObject({ scope, app_password: String(id) })
    },
  )

  test('is nothing with the secret of another account, or in the other community', async () => {
    const other = (await createAccount(house.deps, someone(house.here))).actor
    const { secret } = await make()
    await make({ actor: other })
    await expect(logIn(secret, { identifier: other.did })).rejects.toEqual(wrong)
    await expect(logIn(secret, { community: house.there })).rejects.toEqual(wrong)
  })

  test('to a taken-down account is refused, even to leave with', async () => {
    const { secret } = await make()
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('id', '=', actor.id).execute()
    await expect(logIn(secret)).rejects.toEqual(wrong)
    await expect(logIn(secret, { allowTakendown: true })).rejects.toEqual(wrong)
  })

  test("takes one that came with the reference's hash, which is replaced", async () => {
    const salt = referenceSalt(actor.did)
    const secret = 'abcd-efgh-2345-zzzz'
    const hash = `${salt}:${scryptSync(secret, salt, 64).toString('hex')}`
    const row = { actor_id: actor.id, name: 'old', hash, privileged: true }
    await house.db.insertInto('app_password').values(row).execute()
    await expect(logIn('abcd-efgh-2345-zzzy')).rejects.toEqual(wrong)
    for (const _ of ['scrypt', 'replaced']) {
      expect(claimsOf((await logIn(secret)).accessJwt)).toMatchObject({
        scope: 'com.atproto.appPassPrivileged',
      })
    }
    const [stored] = await house.db
      .selectFrom('app_password')
      .select('hash')
      .where('name', '=', 'old')
      .execute()
    expect(stored?.hash).toMatch(/^sha256:/)
  })

  test('of the form of an app password, by an account whose own password looks like one', async () => {
    const like = { ...someone(house.here), password: 'aaaa-bbbb-cccc-dddd' }
    const { actor: its } = await createAccount(house.deps, like)
    const session = await logIn(like.password, { identifier: its.did })
    expect(claimsOf(session.accessJwt)).toMatchObject({ scope: 'com.atproto.access' })
  })
})

describe('a revocation', () => {
  test('ends the sessions of its app password and no others, and is repeatable', async () => {
    const [one, two] = [await make(), await make({ name: 'two' })]
    const [own, first, second] = [
      await logIn(account.password),
      await logIn(one.secret),
      await logIn(two.secret),
    ]
    await revokeAppPassword(house.deps.db, { actorId: actor.id, name: 'app' })
    await revokeAppPassword(house.deps.db, { actorId: actor.id, name: 'app' })
    await expect(rotate(first)).rejects.toMatchObject({ code: 'ExpiredToken' })
    await expect(logIn(one.secret)).rejects.toEqual(wrong)
    expect(await findAppPasswordGrant(house.deps.db, one.id)).toBe(undefined)
    await rotate(own)
    await rotate(second)
    const again = await make()
    expect(again.id).not.toBe(one.id)
    await expect(rotate(first)).rejects.toMatchObject({ code: 'ExpiredToken' })
  })

  test('does nothing to an app password of that name of another account', async () => {
    const other = (await createAccount(house.deps, someone(house.here))).actor
    const { secret } = await make()
    await revokeAppPassword(house.deps.db, { actorId: other.id, name: 'app' })
    await rotate(await logIn(secret))
  })

  test('is not overtaken by a login or a refresh that is under way', async () => {
    for (let round = 0; round < 5; round++) {
      const { secret } = await make()
      const session = await logIn(secret)
      await Promise.allSettled([
        rotate(session),
        logIn(secret),
        revokeAppPassword(house.deps.db, { actorId: actor.id, name: 'app' }),
        rotate(session),
      ])
      const left = await house.db
        .selectFrom('session')
        .select('id')
        .where('actor_id', '=', actor.id)
        .where('app_password_name', '=', 'app')
        .execute()
      expect(left).toEqual([])
    }
  })
})

function make(request: Partial<AppPasswordRequest> = {}) {
  return create(house.deps.db, { actor, name: 'app', privileged: false, ...request })
}

function logIn(password: string, attempt: Partial<Parameters<typeof createSession>[1]> = {}) {
  const who = { community: house.here, identifier: actor.did, network: '192.0.2.1' }
  return createSession(house.deps, { ...who, password, ...attempt })
}

function rotate({ refreshJwt }: { refreshJwt: string }) {
  const sessionId = String(claimsOf(refreshJwt)['jti'])
  return refreshSession(house.deps, { community: house.here, actor, sessionId })
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
