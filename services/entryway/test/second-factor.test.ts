import { totpCode, totpStep } from '@heronry/accounts/totp'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { base32Bytes } from '@heronry/testing/base32'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, type Question, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const server = (method: string) => `com.atproto.server.${method}`
const own = (method: string) => `host.heronry.account.${method}`

/** Somebody whose address is confirmed. */
async function member(at: 'herons' | 'storks' = 'herons') {
  const { email, password, created } = await signUp(house, at)
  await house.db
    .updateTable('account')
    .set({ email_confirmed_at: new Date() })
    .where('email', '=', email)
    .execute()
  return { at, email, password, did: created.body.did as string, token: created.body.accessJwt as string }
}
type Member = Awaited<ReturnType<typeof member>>

const call = ({ at, token }: Member, method: string, question: Question = {}) =>
  ask(house, method, { at, token, ...question })
const switchMail = (one: Member, emailAuthFactor: boolean, token?: string) =>
  call(one, server('updateEmail'), { input: { email: one.email, emailAuthFactor, ...(token && { token }) } })
const logIn = ({ at, email, password }: Member, authFactorToken?: string) =>
  ask(house, server('createSession'), {
    at,
    input: { identifier: email, password, ...(authFactorToken !== undefined && { authFactorToken }) },
  })
const factors = async (one: Member) => (await call(one, own('getSecondFactors'))).body

async function enrolled(at?: 'herons' | 'storks') {
  const one = await member(at)
  const { body } = await call(one, own('beginTotp'), { input: { password: one.password } })
  const code = codeOf(body.secret)
  const confirmed = await call(one, own('confirmTotp'), { input: { code } })
  return { ...one, ...body, code, codes: confirmed.body.codes as string[] }
}

describe('codes by mail', () => {
  test('are switched on as the official apps do, and off with a mailed token; sessions say which', async () => {
    const one = await member()
    const said = async () => (await call(one, server('getSession'))).body
    expect(await said()).toMatchObject({ emailConfirmed: true, emailAuthFactor: false })
    expect((await switchMail(one, true)).status).toBe(200)
    expect(await said()).toMatchObject({ emailConfirmed: true, emailAuthFactor: true })
    const needed = await logIn(one, '')
    expect([needed.status, needed.body]).toEqual([
      401,
      { error: 'AuthFactorTokenRequired', message: 'A sign-in code has been sent to your email address' },
    ])
    const wrong = await logIn(one, 'AAAAA-AAAAA')
    expect([wrong.status, wrong.body]).toEqual([400, { error: 'InvalidToken', message: 'Token is invalid' }])
    const opened = await logIn(one, await lastCode(one, 'sign-in-code'))
    expect([opened.status, opened.body.emailAuthFactor]).toEqual([200, true])
    const refreshed = await ask(house, server('refreshSession'), {
      post: true,
      token: opened.body.refreshJwt,
    })
    expect(refreshed.body.emailAuthFactor).toBe(true)
    expect((await switchMail(one, false)).body.error).toBe('TokenRequired')
    expect((await call(one, server('requestEmailUpdate'), { post: true })).body).toEqual({
      tokenRequired: true,
    })
    expect((await switchMail(one, false, 'AAAAA-AAAAA')).body.error).toBe('InvalidToken')
    expect((await switchMail(one, false, await lastCode(one, 'update-email'))).status).toBe(200)
    expect(await said()).toMatchObject({ email: one.email, emailConfirmed: true, emailAuthFactor: false })
    expect((await logIn(one)).status).toBe(200)
  })

  test('need an address that was confirmed, and end with it', async () => {
    const { email, password, created } = await signUp(house)
    const one = { at: 'herons' as const, email, password, did: '', token: created.body.accessJwt }
    const said = { error: 'InvalidRequest', message: 'The email address must be confirmed first' }
    expect((await switchMail(one, true)).body).toEqual(said)
    const input = { enabled: true, password }
    expect((await call(one, own('setEmailFactor'), { input })).body).toEqual(said)
    const two = await member()
    await call(two, own('setEmailFactor'), { input: { enabled: true, password: two.password } })
    expect(await factors(two)).toEqual({ email: true, totp: false, recoveryCodesLeft: 0 })
    const admin = { at: 'herons' as const, admin: 'herons-secret' }
    const update = { account: two.did, email: `new-${two.email}` }
    await ask(house, 'com.atproto.admin.updateAccountEmail', { ...admin, input: update })
    expect((await factors(two)).email).toBe(false)
  })

  test('are nothing that a narrowed app password may know of', async () => {
    const one = await member()
    await switchMail(one, true)
    const input = { name: 'narrow', permissions: ['repo:app.bsky.feed.post'] }
    const { password } = (await call(one, own('createAppPassword'), { input })).body
    const { accessJwt } = (await logIn({ ...one, password })).body
    const { body } = await call({ ...one, token: accessJwt }, server('getSession'))
    expect(body.did).toBe(one.did)
    expect(Object.keys(body)).not.toContain('emailAuthFactor')
  })
})

test('an authenticator app is begun, confirmed, used and taken away, and another community has no part in it', async () => {
  const [one, stork] = [await enrolled(), await enrolled('storks')]
  expect(one.uri).toContain(`otpauth://totp/herons:herons-user`)
  expect(one.codes).toHaveLength(10)
  expect(await factors(one)).toEqual({ email: false, totp: true, recoveryCodesLeft: 10 })
  const needed = await logIn(one)
  expect([needed.status, needed.body]).toEqual([
    401,
    {
      error: 'AuthFactorTokenRequired',
      message: 'A code of your authenticator app, or a recovery code, is needed',
    },
  ])
  // It was taken when the app was confirmed.
  expect((await logIn(one, one.code)).body.error).toBe('InvalidToken')
  expect((await logIn(one, stork.codes[0])).body.error).toBe('InvalidToken')
  expect((await logIn(one, one.codes[0])).body.emailAuthFactor).toBe(false)
  const input = { password: one.password }
  for (const [method, question] of [
    ['beginTotp', { input }],
    ['confirmTotp', { input: { code: one.code } }],
  ] as const) {
    expect((await call(one, own(method), question)).body.error).toBe('AlreadyExists')
  }
  const fresh = (await call(one, own('newRecoveryCodes'), { input })).body.codes
  expect((await logIn(one, one.codes[1])).body.error).toBe('InvalidToken')
  expect((await logIn(one, fresh[0])).status).toBe(200)
  expect((await call(one, own('disableTotp'), { input })).status).toBe(200)
  expect(await factors(one)).toEqual({ email: false, totp: false, recoveryCodesLeft: 0 })
  expect((await logIn(one)).status).toBe(200)
  expect((await factors(stork)).totp).toBe(true)
})

test('a wrong code confirms no app, and is counted', async () => {
  const one = await member()
  const confirm = (code: string) => call(one, own('confirmTotp'), { input: { code } })
  for (const code of ['000000', '', '２８７０８２', 'AAAAA-AAAAA', '0'.repeat(20)]) {
    expect((await confirm(code)).body).toEqual({ error: 'InvalidToken', message: 'Token is invalid' })
  }
  const locked = await confirm('000000')
  expect(locked.body.error).toBe('RateLimitExceeded')
  expect(Number(locked.headers['retry-after'])).toBeGreaterThan(30)
  expect(Number(locked.headers['retry-after'])).toBeLessThanOrEqual(60)
  expect((await confirm('0'.repeat(21))).body.error).toBe('InvalidRequest')
  expect((await factors(one)).totp).toBe(false)
  expect((await logIn(one)).status).toBe(200)
})

describe.each([
  ['setEmailFactor', { enabled: true }],
  ['beginTotp', {}],
  ['disableTotp', {}],
  ['newRecoveryCodes', {}],
])('%s', (name, input) => {
  test('asks for the password again, and counts wrong ones', async () => {
    const one = await member()
    const guess = (password: string) => call(one, own(name), { input: { ...input, password } })
    for (const password of ['guess', '', 'x'.repeat(512)]) {
      const { status, body } = await guess(password)
      expect([status, body]).toEqual([401, { error: 'AuthenticationRequired', message: 'Invalid password' }])
    }
    const { failures } = await house.db
      .selectFrom('login_attempt')
      .select((eb) => eb.fn.max('failures').as('failures'))
      .executeTakeFirstOrThrow()
    expect(failures).toBeGreaterThanOrEqual(3)
    expect((await guess('x'.repeat(513))).status).toBe(400)
    expect(await factors(one)).toEqual({ email: false, totp: false, recoveryCodesLeft: 0 })
  })

  test('takes no app password, no token of the other community, and none of a taken-down account', async () => {
    const [one, stork] = [await member(), await member('storks')]
    const { password } = (
      await call(one, own('createAppPassword'), { input: { name: 'app', privileged: true } })
    ).body
    const app = (await logIn({ ...one, password })).body.accessJwt
    const full = { input: { ...input, password: one.password } }
    const scope = await call({ ...one, token: app }, own(name), full)
    expect(scope.body).toEqual({ error: 'InvalidToken', message: 'Bad token scope' })
    expect((await call({ ...one, token: stork.token }, own(name), full)).body.error).toBe('InvalidToken')
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', one.did).execute()
    expect((await call(one, own(name), full)).body.error).toBe('AccountTakedown')
  })
})

test('an administrator takes them away for a reason that is written down, in his community alone', async () => {
  const one = await enrolled()
  const reset = (at: 'herons' | 'storks', input: object = { reason: 'a lost phone' }) =>
    ask(house, 'host.heronry.admin.resetSecondFactors', {
      at,
      admin: `${at}-secret`,
      input: { did: one.did, ...input },
    })
  expect((await reset('storks')).body.error).toBe('NotFound')
  expect((await reset('herons', {})).body.error).toBe('InvalidRequest')
  const before = { email: false, totp: true, recoveryCodesLeft: 10 }
  expect((await reset('herons')).body).toEqual(before)
  expect((await logIn(one)).status).toBe(200)
  const admin = { at: 'herons' as const, admin: 'herons-secret' }
  const { body } = await ask(house, 'host.heronry.admin.listAudit?limit=1', admin)
  expect(body.entries[0]).toMatchObject({
    method: 'host.heronry.admin.resetSecondFactors',
    subject: one.did,
    reason: 'a lost phone',
    before,
    after: { email: false, totp: false, recoveryCodesLeft: 0 },
    outcome: 'done',
  })
})

function codeOf(secret: string): string {
  return totpCode(base32Bytes(secret), totpStep(house.clock.now()))
}

/** The code of the last mail of that template to somebody. */
async function lastCode({ email }: Member, template: string): Promise<string> {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select('payload')
    .where('queue', '=', sendMail.queue)
    .orderBy('id')
    .execute()
  const found = rows
    .map(({ payload }) => sendMail.parse(payload))
    .findLast(({ to, mail }) => to === email && mail.template === template)
  if (found === undefined || !('code' in found.mail)) throw new Error(`no mail ${template}`)
  return found.mail.code
}
