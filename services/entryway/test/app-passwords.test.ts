import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const server = (method: string) => `com.atproto.server.${method}`
const own = (method: string) => `host.heronry.account.${method}`

async function member(at: 'herons' | 'storks' = 'herons') {
  const { email, password, created } = await signUp(house, at)
  return { at, email, password, did: created.body.did as string, token: created.body.accessJwt as string }
}
type Member = Awaited<ReturnType<typeof member>>

const create = ({ at, token }: Member, input: object) =>
  ask(house, server('createAppPassword'), { at, token, input })
const narrow = ({ at, token }: Member, input: object) =>
  ask(house, own('createAppPassword'), { at, token, input })
const list = ({ at, token }: Member) => ask(house, server('listAppPasswords'), { at, token })

async function logIn({ at, did }: Member, password: string) {
  const login = await ask(house, server('createSession'), { at, input: { identifier: did, password } })
  expect(login.status).toBe(200)
  return { token: login.body.accessJwt as string, refreshJwt: login.body.refreshJwt as string, at }
}

test('an app password is made, listed without its secret, used and revoked, as the reference answers', async () => {
  const [one, other] = [await member(), await member('storks')]
  const made = await create(one, { name: 'client' })
  expect(made.body).toEqual({
    name: 'client',
    password: expect.stringMatching(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/),
    createdAt: expect.stringMatching(/Z$/),
    privileged: false,
  })
  const privileged = await create(one, { name: 'chat', privileged: true })
  expect(privileged.body.privileged).toBe(true)
  const { password, ...shown } = made.body
  const { password: _, ...shownToo } = privileged.body
  expect((await list(one)).body).toEqual({ passwords: [shownToo, shown] })
  expect((await list(other)).body).toEqual({ passwords: [] })

  const session = await logIn(one, password)
  expect((await ask(house, server('getSession'), session)).body).toMatchObject({
    did: one.did,
    email: one.email,
  })
  expect((await ask(house, server('listAppPasswords'), session)).body.passwords).toHaveLength(2)
  const foreign = { input: { identifier: one.did, password }, at: 'storks' as const }
  expect((await ask(house, server('createSession'), foreign)).status).toBe(401)

  const revoke = { token: one.token, input: { name: 'client' } }
  for (const _ of ['once', 'again']) {
    const revoked = await ask(house, server('revokeAppPassword'), revoke)
    expect([revoked.status, revoked.text]).toEqual([200, ''])
  }
  const dead = await ask(house, server('getSession'), session)
  expect([dead.status, dead.body]).toEqual([
    400,
    { error: 'ExpiredToken', message: 'Token has been revoked' },
  ])
  const refresh = { ...session, token: session.refreshJwt, post: true }
  expect((await ask(house, server('refreshSession'), refresh)).body.error).toBe('ExpiredToken')
  expect(
    (await ask(house, server('createSession'), { input: { identifier: one.did, password } })).status,
  ).toBe(401)
  expect((await list(one)).body.passwords).toHaveLength(1)
})

test('what is wrong with a new one is told by a name', async () => {
  const one = await member()
  expect((await create(one, { name: 'client' })).status).toBe(200)
  const again = await create(one, { name: 'client' })
  expect([again.status, again.body.error]).toEqual([400, 'AlreadyExists'])
  const empty = await create(one, { name: '' })
  expect([empty.status, empty.body.error]).toEqual([400, 'InvalidRequest'])
  const permission = await narrow(one, { name: 'x', permissions: ['transition:generic'] })
  expect([permission.status, permission.body.error]).toEqual([400, 'InvalidRequest'])
  expect((await create(await member('storks'), { name: 'client' })).status).toBe(200)
})

test.each(['createAppPassword', 'listAppPasswords', 'revokeAppPassword'])(
  '%s takes no token of another community, and none that is missing',
  async (name) => {
    const { token } = await member('storks')
    const input = name === 'listAppPasswords' ? {} : { input: { name: 'x' } }
    expect((await ask(house, server(name), { ...input, token })).body.error).toBe('InvalidToken')
    expect((await ask(house, server(name), input)).body.error).toBe('AuthMissing')
  },
)

test('a taken-down account makes none', async () => {
  const one = await member()
  await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', one.did).execute()
  expect((await create(one, { name: 'x' })).body.error).toBe('AccountTakedown')
  expect((await narrow(one, { name: 'x' })).body.error).toBe('AccountTakedown')
})

describe('the session of an app password', () => {
  test.each(['createAppPassword', 'signOutEverywhere'])('cannot: host.heronry.account.%s', async (name) => {
    const one = await member()
    const { token } = await logIn(one, (await create(one, { name: 'a', privileged: true })).body.password)
    const question = name === 'signOutEverywhere' ? { post: true } : { input: { name: 'b' } }
    const refused = await ask(house, own(name), { token, ...question })
    expect([refused.status, refused.body]).toEqual([
      400,
      { error: 'InvalidToken', message: 'Bad token scope' },
    ])
  })

  test('cannot make another, by the method of the reference either', async () => {
    const one = await member()
    const { token } = await logIn(one, (await create(one, { name: 'a' })).body.password)
    expect((await create({ ...one, token }, { name: 'b' })).body.message).toBe('Bad token scope')
  })
})

describe('one that is narrowed to permissions', () => {
  const permissions = ['repo:app.bsky.feed.post?action=create']

  test('is made and listed with them, and like any other where there is no room for them', async () => {
    const one = await member()
    const { body } = await narrow(one, { name: 'poster', permissions })
    expect(body).toMatchObject({ name: 'poster', permissions, privileged: false })
    const { password: _, ...shown } = body
    expect((await ask(house, own('listAppPasswords'), { token: one.token })).body).toEqual({
      passwords: [shown],
    })
    expect((await list(one)).body.passwords).toMatchObject([{ name: 'poster', privileged: false }])
  })

  test('knows its account but not its address, and can do nothing to the account', async () => {
    const one = await member()
    const { token } = await logIn(one, (await narrow(one, { name: 'poster', permissions })).body.password)
    const session = await ask(house, server('getSession'), { token })
    expect(session.body).toMatchObject({ did: one.did, active: true })
    expect(session.body).not.toHaveProperty('email')
    for (const [name, question] of [
      ['listAppPasswords', {}],
      ['revokeAppPassword', { input: { name: 'x' } }],
    ] as const) {
      expect((await ask(house, server(name), { token, ...question })).body.message).toBe('Bad token scope')
    }
    const handle = { handle: 'somebody.else.test' }
    for (const [name, question, scope] of [
      [server('requestEmailConfirmation'), { post: true }, 'account:email?action=manage'],
      [server('confirmEmail'), { input: { email: one.email, token: 'x' } }, 'account:email?action=manage'],
      ['com.atproto.identity.updateHandle', { input: handle }, 'identity:handle'],
    ] as const) {
      const { status, body } = await ask(house, name, { token, ...question })
      const message = `Missing required scope "${scope}"`
      expect([status, body]).toEqual([403, { error: 'ScopeMissingError', message }])
    }
  })

  test('is told no address it may not read when it logs in and refreshes, either', async () => {
    const one = await member()
    const { body } = await narrow(one, { name: 'poster', permissions })
    const input = { identifier: one.did, password: body.password }
    const session = await ask(house, server('createSession'), { input })
    const refreshed = await ask(house, server('refreshSession'), {
      post: true,
      token: session.body.refreshJwt,
    })
    for (const answer of [session, refreshed]) {
      expect([answer.status, answer.body.did]).toEqual([200, one.did])
      expect(answer.body).not.toHaveProperty('email')
      expect(answer.body).not.toHaveProperty('emailConfirmed')
    }
    const mailer = await narrow(one, { name: 'mailer', permissions: ['account:email'] })
    const told = await ask(house, server('createSession'), {
      input: { ...input, password: mailer.body.password },
    })
    expect(told.body).toMatchObject({ email: one.email, emailConfirmed: false })
  })

  test('to managing its address and its handle asks for both', async () => {
    const one = await member()
    const granted = ['account:email?action=manage', 'identity:handle']
    const { token } = await logIn(one, (await narrow(one, { name: 'm', permissions: granted })).body.password)
    const asked = await ask(house, server('requestEmailConfirmation'), { token, post: true })
    expect(asked.status).toBe(200)
    const update = { token, input: { handle: 'a' } }
    expect((await ask(house, 'com.atproto.identity.updateHandle', update)).body.error).not.toBe(
      'ScopeMissingError',
    )
  })

  test('knows its address where it may, and stays narrowed after a refresh', async () => {
    const one = await member()
    const made = await narrow(one, { name: 'mailer', permissions: ['account:email'] })
    const session = await logIn(one, made.body.password)
    expect((await ask(house, server('getSession'), session)).body.email).toBe(one.email)
    const refreshed = await ask(house, server('refreshSession'), { post: true, token: session.refreshJwt })
    const next = { token: refreshed.body.accessJwt }
    expect((await ask(house, server('listAppPasswords'), next)).body.message).toBe('Bad token scope')
  })
})
