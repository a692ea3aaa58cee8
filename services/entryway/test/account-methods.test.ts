import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const server = (method: string) => `com.atproto.server.${method}`

test('a sign-up answers with exactly what the reference answers', async () => {
  const { created, handle } = await signUp(house)
  expect(created.status).toBe(200)
  expect(Object.keys(created.body).sort()).toEqual(['accessJwt', 'did', 'didDoc', 'handle', 'refreshJwt'])
  expect(created.body).toMatchObject({ handle, didDoc: { id: created.body.did } })
})

test('an account logs in, is known, refreshes and logs out', async () => {
  const { email, password, handle, created } = await signUp(house)
  const login = await ask(house, server('createSession'), { input: { identifier: email, password } })
  const known = {
    did: created.body.did,
    handle,
    email,
    emailConfirmed: false,
    emailAuthFactor: false,
    active: true,
  }
  expect(login.body).toEqual({
    ...known,
    didDoc: expect.objectContaining({ id: created.body.did }),
    accessJwt: expect.any(String),
    refreshJwt: expect.any(String),
  })
  const session = await ask(house, server('getSession'), { token: login.body.accessJwt })
  expect(session.body).toEqual({ ...known, didDoc: login.body.didDoc })
  const refreshed = await ask(house, server('refreshSession'), { post: true, token: login.body.refreshJwt })
  expect(refreshed.body).toMatchObject(known)
  const logout = await ask(house, server('deleteSession'), { post: true, token: refreshed.body.refreshJwt })
  expect([logout.status, logout.text]).toEqual([200, ''])
  const again = await ask(house, server('refreshSession'), { post: true, token: refreshed.body.refreshJwt })
  expect([again.status, again.body.error]).toEqual([400, 'ExpiredToken'])
})

test('a deactivated account logs in and is told its status', async () => {
  const { email, password, created } = await signUp(house)
  await setState(created.body.did, { deactivated_at: new Date() })
  const login = await ask(house, server('createSession'), { input: { identifier: email, password } })
  expect(login.body).toMatchObject({ active: false, status: 'deactivated' })
})

test('a taken-down account is refused, and may open a session that tells it so and shows it nothing else', async () => {
  const { email, password, created } = await signUp(house)
  await setState(created.body.did, { takedown_ref: 'report' })
  const input = { identifier: email, password }
  const refused = await ask(house, server('createSession'), { input })
  expect([refused.status, refused.body.error]).toEqual([401, 'AccountTakedown'])
  const allowed = { input: { ...input, allowTakendown: true } }
  const login = await ask(house, server('createSession'), allowed)
  expect(login.body).toMatchObject({ active: false, status: 'takendown' })
  const session = await ask(house, server('getSession'), { token: login.body.accessJwt })
  expect(session.body).toMatchObject({ did: created.body.did, active: false, status: 'takendown' })
  const passwords = await ask(house, server('listAppPasswords'), { token: login.body.accessJwt })
  expect([passwords.status, passwords.body.message]).toEqual([400, 'Bad token scope'])
  const refresh = await ask(house, server('refreshSession'), { post: true, token: login.body.refreshJwt })
  expect([refresh.status, refresh.body.error]).toEqual([401, 'AccountTakedown'])
})

describe('one community and another', () => {
  test('share no account: a login and a token of one are nothing to the other', async () => {
    const { email, password, created } = await signUp(house, 'herons')
    const there = { at: 'storks' as const }
    const login = await ask(house, server('createSession'), {
      ...there,
      input: { identifier: email, password },
    })
    expect([login.status, login.body.error]).toEqual([401, 'AuthenticationRequired'])
    const session = await ask(house, server('getSession'), { ...there, token: created.body.accessJwt })
    expect([session.status, session.body.error]).toEqual([400, 'InvalidToken'])
    const refresh = { ...there, post: true, token: created.body.refreshJwt }
    expect((await ask(house, server('refreshSession'), refresh)).body.error).toBe('InvalidToken')
  })

  test('share no administrator', async () => {
    const { created } = await signUp(house, 'storks')
    const info = `com.atproto.admin.getAccountInfo?did=${created.body.did}`
    const own = await ask(house, info, { at: 'storks', admin: 'storks-secret' })
    expect(own.body).toMatchObject({ did: created.body.did, invitedBy: { uses: [{}] } })
    const foreign = await ask(house, info, { at: 'storks', admin: 'herons-secret' })
    expect([foreign.status, foreign.body.error]).toEqual([401, 'AuthenticationRequired'])
    const elsewhere = await ask(house, info, { at: 'herons', admin: 'herons-secret' })
    expect([elsewhere.status, elsewhere.body.error]).toEqual([400, 'NotFound'])
    const codes = { at: 'storks' as const, admin: 'herons-secret', input: { useCount: 1 } }
    expect((await ask(house, server('createInviteCode'), codes)).status).toBe(401)
  })

  test('describe themselves', async () => {
    expect((await ask(house, server('describeServer'), { at: 'storks' })).body).toEqual({
      did: 'did:web:storks.example.com',
      availableUserDomains: ['.storks.test'],
      inviteCodeRequired: true,
      blobUploadLimit: 5_242_880,
      links: { privacyPolicy: 'https://storks.example.com/privacy' },
      contact: { email: 'hello@storks.example.com' },
    })
  })
})

test('who brings nothing, or a credential that makes no sense, is told so by its name', async () => {
  const none = await ask(house, server('getSession'))
  expect([none.status, none.body.error]).toEqual([401, 'AuthMissing'])
  const basic = await ask(house, server('getSession'), { admin: 'herons-secret' })
  expect([basic.status, basic.body.error]).toEqual([400, 'InvalidToken'])
  const garbage = await ask(house, server('getSession'), { token: 'a.b.c' })
  expect([garbage.status, garbage.body.error]).toEqual([400, 'InvalidToken'])
  const { created } = await signUp(house)
  const swapped = await ask(house, server('getSession'), { token: created.body.refreshJwt })
  expect([swapped.status, swapped.body.error]).toEqual([400, 'InvalidToken'])
})

test('an address is confirmed with the token that was mailed', async () => {
  const { email, created } = await signUp(house)
  const token = created.body.accessJwt
  const asked = await ask(house, server('requestEmailConfirmation'), { post: true, token })
  expect([asked.status, asked.text]).toEqual([200, ''])
  const { payload } = await house.db
    .selectFrom('job_outbox')
    .select('payload')
    .where('queue', '=', 'mail')
    .executeTakeFirstOrThrow()
  const { code } = (payload as { mail: { code: string } }).mail
  const wrong = { token, input: { email, token: 'AAAAA-AAAAA' } }
  expect((await ask(house, server('confirmEmail'), wrong)).body.error).toBe('InvalidToken')
  const right = await ask(house, server('confirmEmail'), { token, input: { email, token: code } })
  expect([right.status, right.text]).toEqual([200, ''])
  expect((await ask(house, server('getSession'), { token })).body.emailConfirmed).toBe(true)
})

describe('hostile input is a 400 or a 401, and makes no account', () => {
  const good = { handle: 'mallory.herons.test', email: 'mallory@example.com', password: 'x' }
  test.each([
    ['a handle of a megabyte', { ...good, handle: `${'a'.repeat(100_000)}.herons.test` }],
    ['a NUL in the handle', { ...good, handle: 'a\u0000b.herons.test' }],
    ['a NUL in the e-mail', { ...good, email: 'a\u0000@example.com' }],
    ['a number for a handle', { ...good, handle: 7 }],
    ['an object for a password', { ...good, password: {} }],
    ['a recovery key of nonsense', { ...good, recoveryKey: '\u0000' }],
    ['a DID that is none', { ...good, did: 'did:' }],
    ['a PLC operation', { ...good, plcOp: { a: 1 } }],
    ['nothing', {}],
    ['an array', []],
    ['deep JSON', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
    ['half a JSON', '{"handle":'],
  ])('%s', async (_, input) => {
    const answer = await ask(house, server('createAccount'), { input })
    expect(answer.status).toBe(400)
    const rows = await house.db
      .selectFrom('actor')
      .select('did')
      .where('handle', 'like', '%mallory%')
      .execute()
    expect(rows).toEqual([])
  })

  test.each(["' OR 1=1", 'a@b', 'did:', 'x'.repeat(50_000)])('login as %#', async (identifier) => {
    const input = { identifier, password: 'x' }
    const answer = await ask(house, server('createSession'), { input })
    expect([answer.status, answer.body]).toEqual([
      401,
      { error: 'AuthenticationRequired', message: 'Invalid identifier or password' },
    ])
  })

  test.each(['a\u0000@b.c', '\ud800'])('login as what no text column holds: %#', async (identifier) => {
    const input = { identifier, password: 'x' }
    expect((await ask(house, server('createSession'), { input })).status).toBe(400)
  })
})

async function setState(did: string, state: object): Promise<void> {
  await house.db.updateTable('actor').set(state).where('did', '=', did).execute()
}
