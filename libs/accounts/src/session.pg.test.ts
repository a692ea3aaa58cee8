import { scryptSync } from 'node:crypto'
import type { Community } from '@heronry/communities/community'
import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { type Actor, findActor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { createSession as create } from './create-session.ts'
import { deleteSession } from './delete-session.ts'
import { findLogin } from './find-login.ts'
import { clockSkewMaxMs } from './limits.ts'
import { refreshSession as refresh } from './refresh-session.ts'
import { revokeSessions } from './revoke-sessions.ts'
import { sessionAnswer } from './session-answer.ts'
import { createTokenIssuer } from './tokens.ts'

let house: SignUpHouse
let account: ReturnType<typeof someone>
let actor: Actor
const network = '192.0.2.1'
const wrong = new HeronryError('AuthenticationRequired', 'Invalid identifier or password')

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  account = someone(house.here)
  actor = (await createAccount(house.deps, account)).actor
})

describe('a login', () => {
  test('takes the e-mail, the handle or the DID, in any case', async () => {
    for (const identifier of [account.email.toUpperCase(), account.handle.toUpperCase(), actor.did]) {
      const { login, accessJwt, refreshJwt } = await logIn({ identifier })
      expect(login.actor.did).toBe(actor.did)
      expect(Object.keys(claimsOf(accessJwt)).sort()).toEqual(['aud', 'exp', 'iat', 'scope', 'sub'])
      expect(decodeProtectedHeader(accessJwt)).toEqual({ typ: 'at+jwt', alg: 'ES256', kid: 'test' })
      expect(Object.keys(claimsOf(refreshJwt)).sort()).toEqual(['aud', 'exp', 'iat', 'jti', 'scope', 'sub'])
      expect(decodeProtectedHeader(refreshJwt)).toEqual({ typ: 'refresh+jwt', alg: 'ES256', kid: 'test' })
      expect(claimsOf(refreshJwt)['jti']).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    }
  })

  test('of nobody, with a wrong password, or in the other community is refused alike, after 350 ms', async () => {
    const attempts = [
      { identifier: 'nobody@example.com' },
      { identifier: 'nobody.test' },
      { identifier: 'did:plc:nobody' },
      { password: 'wrong' },
      { password: '' },
      { community: house.there },
    ]
    for (const attempt of attempts) {
      const start = performance.now()
      await expect(logIn(attempt)).rejects.toEqual(wrong)
      expect(performance.now() - start).toBeGreaterThanOrEqual(349)
    }
  })

  test.each(['', '\u0000', 'a\u0000@example.com', "' OR 1=1 --@x", '@', 'x'.repeat(100_000), '\ud800@x.y'])(
    'with a hostile identifier is refused like any other (%#)',
    async (identifier) => {
      await expect(logIn({ identifier })).rejects.toEqual(wrong)
    },
  )

  test('with a password of 512 characters is tried, of 513 is not', async () => {
    await expect(logIn({ password: 'x'.repeat(512) })).rejects.toEqual(wrong)
    await expect(logIn({ password: 'x'.repeat(513) })).rejects.toEqual(
      new HeronryError('AuthenticationRequired', 'Password too long. Consider resetting your password.'),
    )
  })

  test('to a deactivated account says so', async () => {
    await setState({ deactivated_at: new Date() })
    const { login } = await logIn()
    expect(sessionAnswer(login)).toMatchObject({ active: false, status: 'deactivated' })
  })

  test.each([
    ['takendown', { takedown_ref: 'report' }],
    ['suspended', { suspended_until: new Date(Date.now() + 60_000) }],
  ])(
    'to a %s account opens only a session to leave with, which cannot be refreshed',
    async (status, state) => {
      await setState(state)
      await expect(logIn()).rejects.toEqual(
        new HeronryError('AccountTakedown', 'Account has been taken down'),
      )
      await expect(logIn({ allowTakendown: true, password: 'wrong' })).rejects.toEqual(wrong)
      const { login, accessJwt, refreshJwt } = await logIn({ allowTakendown: true })
      expect(sessionAnswer(login)).toMatchObject({ active: false, status })
      expect(claimsOf(accessJwt)['scope']).toBe('com.atproto.takendown')
      await expect(rotate(refreshJwt)).rejects.toMatchObject({ code: 'AccountTakedown' })
      await setState({ takedown_ref: null, suspended_until: null })
      await expect(rotate(refreshJwt)).rejects.toMatchObject({ code: 'ExpiredToken' })
    },
  )

  test("to an account that came with the reference's scrypt hash is as good", async () => {
    const salt = '00112233445566778899aabbccddeeff'
    const password = `${salt}:${scryptSync(account.password, salt, 64).toString('hex')}`
    await house.db.updateTable('account').set({ password }).where('actor_id', '=', actor.id).execute()
    await expect(logIn({ password: 'wrong' })).rejects.toEqual(wrong)
    expect(await storedPassword()).toBe(password)
    expect((await logIn()).login.actor.did).toBe(actor.did)
    await expect(logIn({ password: 'wrong' })).rejects.toEqual(wrong)
  })

  test('with the right password replaces its scrypt hash, and logins at the same time go on', async () => {
    const salt = '00112233445566778899aabbccddeeff'
    const password = `${salt}:${scryptSync(account.password, salt, 64).toString('hex')}`
    await house.db.updateTable('account').set({ password }).where('actor_id', '=', actor.id).execute()
    const logins = await Promise.all(Array.from({ length: 6 }, () => logIn()))
    expect(logins.map(({ login }) => login.actor.did)).toEqual(Array(6).fill(actor.did))
    expect(await storedPassword()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect((await logIn()).login.actor.did).toBe(actor.did)
  })

  test('sweeps out what has run out: who always logs in and never refreshes leaves no rows behind', async () => {
    await logIn()
    const other = (await createAccount(house.deps, someone(house.here))).actor
    await house.db
      .updateTable('session')
      .set({ expires_at: new Date(0) })
      .execute()
    await logIn()
    const rows = async ({ id }: Actor) =>
      (await house.db.selectFrom('session').select('id').where('actor_id', '=', id).execute()).length
    expect([await rows(actor), await rows(other)]).toEqual([1, 1])
  })

  test('that was right when it was checked, but not when it was opened, is refused', async () => {
    const changed = house.deps.passwords
    const passwords = {
      ...changed,
      async verify(password: string, stored: string | undefined) {
        const isRight = await changed.verify(password, stored)
        await house.db
          .updateTable('account')
          .set({ password: await changed.hash('new') })
          .where('actor_id', '=', actor.id)
          .execute()
        return isRight
      },
    }
    const attempt = { community: house.here, identifier: actor.did, password: account.password, network }
    await expect(create({ ...house.deps, passwords }, attempt)).rejects.toEqual(wrong)
  })
})

describe('a refresh', () => {
  test('gives a new session, and the old token the same one for two hours, then nothing', async () => {
    const { refreshJwt } = await logIn()
    const first = await rotate(refreshJwt)
    const again = await rotate(refreshJwt, { inMs: 2 * 3600_000 - 1000 })
    expect(idOf(again)).toBe(idOf(first))
    expect(idOf(first)).not.toBe(claimsOf(refreshJwt)['jti'])
    await expect(rotate(refreshJwt, { inMs: 2 * 3600_000 + 1000 })).rejects.toEqual(
      new HeronryError('ExpiredToken', 'Token has been revoked'),
    )
    expect(idOf(await rotate(first.refreshJwt))).not.toBe(idOf(first))
  })

  test('asked for ten times at once gives one session', async () => {
    const { refreshJwt } = await logIn()
    const sessions = await Promise.all(Array.from({ length: 10 }, () => rotate(refreshJwt)))
    expect(new Set(sessions.map(idOf)).size).toBe(1)
    const rows = await house.db
      .selectFrom('session')
      .select('id')
      .where('actor_id', '=', actor.id)
      .where('id', '=', idOf(sessions[0]))
      .execute()
    expect(rows).toHaveLength(1)
  })

  test('of a token that runs out within the grace does not lengthen it', async () => {
    const { refreshJwt } = await logIn()
    const expires_at = new Date(Date.now() + 60_000)
    await house.db.updateTable('session').set({ expires_at }).where('actor_id', '=', actor.id).execute()
    await rotate(refreshJwt)
    await expect(rotate(refreshJwt, { inMs: 61_000 })).rejects.toMatchObject({ code: 'ExpiredToken' })
  })

  test('after a log-out is refused, also with the token before', async () => {
    const { refreshJwt } = await logIn()
    const next = await rotate(refreshJwt)
    await deleteSession(house.db, { actorId: actor.id, sessionId: idOf(next) })
    await expect(rotate(next.refreshJwt)).rejects.toMatchObject({ code: 'ExpiredToken' })
    await expect(rotate(refreshJwt)).rejects.toMatchObject({ code: 'ExpiredToken' })
  })

  test("with another actor's session is refused", async () => {
    const { refreshJwt } = await logIn()
    const other = (await createAccount(house.deps, someone(house.here))).actor
    await expect(rotate(refreshJwt, { as: other })).rejects.toMatchObject({ code: 'ExpiredToken' })
  })

  test('sweeps out what has run out', async () => {
    await logIn()
    await house.db
      .updateTable('session')
      .set({ expires_at: new Date(0) })
      .where('actor_id', '=', actor.id)
      .execute()
    await rotate((await logIn()).refreshJwt)
    const rows = await house.db.selectFrom('session').select('id').where('actor_id', '=', actor.id).execute()
    expect(rows).toHaveLength(2)
  })
})

test("a log-out ends one session, is repeatable, and is nobody else's business", async () => {
  const [one, two] = [await logIn(), await logIn()]
  const other = (await createAccount(house.deps, someone(house.here))).actor
  await deleteSession(house.db, { actorId: other.id, sessionId: idOf(one) })
  await rotate(one.refreshJwt)
  await deleteSession(house.db, { actorId: actor.id, sessionId: idOf(two) })
  await deleteSession(house.db, { actorId: actor.id, sessionId: idOf(two) })
  await expect(rotate(two.refreshJwt)).rejects.toMatchObject({ code: 'ExpiredToken' })
})

describe('a revocation', () => {
  test('ends every session of the actor and no other', async () => {
    const [one, two] = [await logIn(), await logIn()]
    const neighbour = someone(house.there)
    const invite = await createInviteCodes(house.deps.db, {
      community: house.there,
      codeCount: 1,
      useCount: 1,
      forAccounts: ['admin'],
    })
    const inviteCode = invite.codes[0]?.codes[0] ?? ''
    const other = (await createAccount(house.deps, { ...neighbour, inviteCode })).actor
    await revoke()
    for (const { refreshJwt } of [one, two]) {
      await expect(rotate(refreshJwt)).rejects.toMatchObject({ code: 'ExpiredToken' })
    }
    const rows = await house.db.selectFrom('session').select('id').where('actor_id', '=', other.id).execute()
    expect(rows).toHaveLength(1)
    expect((await findActor(house.db, whoIs(other)))?.sessionsSince).toBe(null)
  })

  test('dates what is issued after it no earlier, and what was issued before it earlier', async () => {
    const before = await logIn()
    await revoke()
    const since = (await findActor(house.db, whoIs(actor)))?.sessionsSince?.getTime() ?? 0
    expect(since).toBeGreaterThanOrEqual(Date.now() - 1000 + clockSkewMaxMs)
    expect(Number(claimsOf(before.accessJwt)['iat']) * 1000).toBeLessThan(since)
    const after = await logIn()
    expect(Number(claimsOf(after.accessJwt)['iat']) * 1000).toBeGreaterThanOrEqual(since)
    const next = await rotate(after.refreshJwt)
    expect(Number(claimsOf(next.accessJwt)['iat']) * 1000).toBeGreaterThanOrEqual(since)
  })

  test('in the same second as another one ends what was opened between them', async () => {
    for (let round = 0; round < 5; round++) {
      await revoke()
      const { accessJwt } = await logIn()
      await revoke()
      const since = (await findActor(house.db, whoIs(actor)))?.sessionsSince?.getTime() ?? 0
      expect(Number(claimsOf(accessJwt)['iat']) * 1000).toBeLessThan(since)
    }
  })

  test('is not overtaken by a refresh or a login that began before it', async () => {
    const { refreshJwt } = await logIn()
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled([rotate(refreshJwt), logIn(), revoke(), rotate(refreshJwt)])
      const since = (await findActor(house.db, whoIs(actor)))?.sessionsSince?.getTime() ?? 0
      const rows = await house.db
        .selectFrom('session')
        .select('id')
        .where('actor_id', '=', actor.id)
        .execute()
      const alive = new Set(rows.map(({ id }) => id))
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected' || outcome.value === undefined) continue
        const isDated = Number(claimsOf(outcome.value.accessJwt)['iat']) * 1000 >= since
        expect(isDated).toBe(alive.has(idOf(outcome.value)))
      }
    }
  })
})

test('a session is answered as the reference does, without status while active', async () => {
  const login = await findLogin(house.db, actor.id)
  if (login === undefined) throw new Error('no login')
  expect(sessionAnswer(login)).toEqual({
    emailAuthFactor: false,
    did: actor.did,
    handle: account.handle,
    email: account.email,
    emailConfirmed: false,
    active: true,
  })
  const lost = { ...login, actor: { ...login.actor, handle: null } }
  expect(sessionAnswer(lost).handle).toBe('handle.invalid')
})

function logIn(attempt: Partial<Parameters<typeof create>[1]> = {}) {
  const { email, password } = account
  return create(house.deps, { community: house.here, identifier: email, password, network, ...attempt })
}

function revoke(): Promise<void> {
  return inTransaction(house.deps.db, { name: 'test' }, (tx) => revokeSessions(tx, actor.id, new Date()))
}

function whoIs({ communityId, did }: Actor) {
  return { communityId, didOrHandle: did }
}

/** Shows a refresh token now, or `inMs` later. */
function rotate(refreshJwt: string, { inMs = 0, as = actor }: { inMs?: number; as?: Actor } = {}) {
  const clock = { now: () => Date.now() + inMs }
  const tokens = createTokenIssuer({ keys: house.tokenKeys, clock })
  const community: Community = house.here
  const sessionId = String(claimsOf(refreshJwt)['jti'])
  return refresh({ db: house.db, tokens, clock }, { community, actor: as, sessionId })
}

async function storedPassword(): Promise<string> {
  const row = await house.db
    .selectFrom('account')
    .select('password')
    .where('actor_id', '=', actor.id)
    .executeTakeFirstOrThrow()
  return row.password
}

async function setState(state: object): Promise<void> {
  await house.db.updateTable('actor').set(state).where('id', '=', actor.id).execute()
}

function idOf(session: { refreshJwt: string } | undefined): string {
  return String(claimsOf(session?.refreshJwt ?? '')['jti'])
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
