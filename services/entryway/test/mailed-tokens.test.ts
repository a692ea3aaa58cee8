import { mailPasswordReset } from '@heronry/accounts/account-job-kinds'
import { sendPasswordReset } from '@heronry/accounts/request-password-reset'
import { systemClock } from '@heronry/core/clock'
import { inTransaction } from '@heronry/db/in-transaction'
import { type CodeMail, type SendMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const server = (method: string) => `com.atproto.server.${method}`
const plcSignature = 'com.atproto.identity.requestPlcOperationSignature'

const ofSessions: [nsid: string, input: object | undefined][] = [
  [server('requestEmailConfirmation'), undefined],
  [server('confirmEmail'), { email: 'a@example.com', token: 'x' }],
  [server('requestEmailUpdate'), undefined],
  [server('updateEmail'), { email: 'a@example.com' }],
  [server('requestAccountDelete'), undefined],
  [plcSignature, undefined],
]

test.each(ofSessions)('%s is for a session of the community that is asked', async (nsid, input) => {
  const { created } = await signUp(house, 'storks')
  const { accessJwt: token, refreshJwt } = created.body
  const how = input === undefined ? { post: true } : { input }
  const refusal = async (question: object) => {
    const { status, body } = await ask(house, nsid, { ...how, ...question })
    return [status, body.error]
  }
  expect(await refusal({})).toEqual([401, 'AuthMissing'])
  expect(await refusal({ token })).toEqual([400, 'InvalidToken'])
  expect(await refusal({ at: 'storks', token: refreshJwt })).toEqual([400, 'InvalidToken'])
  expect(await refusal({ at: 'storks', admin: 'storks-secret' })).toEqual([400, 'InvalidToken'])
  expect(await mailsTo(created.body.did)).toEqual([])
})

test.each(ofSessions)('%s of an account that is taken down', async (nsid, input) => {
  const { created, email, password } = await signUp(house)
  const how = input === undefined ? { post: true } : { input }
  await house.db
    .updateTable('actor')
    .set({ takedown_ref: 'report' })
    .where('did', '=', created.body.did)
    .execute()
  const login = { identifier: email, password, allowTakendown: true }
  const { body } = await ask(house, server('createSession'), { input: login })
  const answer = await ask(house, nsid, { ...how, token: body.accessJwt })
  const before = await ask(house, nsid, { ...how, token: created.body.accessJwt })
  if (nsid === plcSignature) expect([answer.status, before.status]).toEqual([200, 200])
  else {
    expect([answer.status, answer.body.error]).toEqual([400, 'InvalidToken'])
    expect([before.status, before.body.error]).toEqual([401, 'AccountTakedown'])
  }
})

test.each([
  [server('requestEmailConfirmation'), 'confirm-email', 15],
  [server('requestAccountDelete'), 'delete-account', 15],
  [plcSignature, 'plc-operation', 60],
])('%s mails a code to the account', async (nsid, template, validMinutes) => {
  const { email, handle, created } = await signUp(house)
  const asked = await ask(house, nsid, { post: true, token: created.body.accessJwt })
  expect([asked.status, asked.text]).toEqual([200, ''])
  const code = expect.stringMatching(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/)
  expect(await mailsTo(created.body.did)).toMatchObject([
    { to: email, serviceName: 'herons', mail: { template, handle, validMinutes, code } },
  ])
})

test.each([
  server('requestEmailConfirmation'),
  server('requestAccountDelete'),
  server('requestEmailUpdate'),
  plcSignature,
])('%s needs an address', async (nsid) => {
  const { token } = await withoutAccount()
  const { status, body } = await ask(house, nsid, { post: true, token })
  expect([status, body]).toEqual([
    400,
    { error: 'InvalidRequest', message: 'account does not have an email address' },
  ])
})

test('an address is confirmed with the code that was mailed to it, and with no other', async () => {
  const { email, created } = await signUp(house)
  const token = created.body.accessJwt
  await ask(house, server('requestEmailConfirmation'), { post: true, token })
  const [code = ''] = await codesTo(created.body.did)
  const confirm = (input: object) => ask(house, server('confirmEmail'), { token, input })
  expect((await confirm({ email: 'other@example.com', token: code })).body.error).toBe('InvalidEmail')
  expect((await confirm({ email, token: 'AAAAA-AAAAA' })).body.error).toBe('InvalidToken')
  await expire(created.body.did)
  expect((await confirm({ email, token: code })).body.error).toBe('ExpiredToken')
  await ask(house, server('requestEmailConfirmation'), { post: true, token })
  const right = await confirm({ email, token: (await codesTo(created.body.did)).at(-1) })
  expect([right.status, right.text]).toEqual([200, ''])
  expect((await ask(house, server('getSession'), { token })).body.emailConfirmed).toBe(true)
  const nobody = await withoutAccount()
  const theirs = { token: nobody.token, input: { email, token: code } }
  expect((await ask(house, server('confirmEmail'), theirs)).body.error).toBe('InvalidEmail')
})

test('a confirmed address is changed with a code that goes to it', async () => {
  const member = await signUp(house)
  const { did, accessJwt: token } = member.created.body
  const request = () => ask(house, server('requestEmailUpdate'), { post: true, token })
  const update = (input: object) => ask(house, server('updateEmail'), { token, input })
  expect((await request()).body).toEqual({ tokenRequired: false })
  await house.db
    .updateTable('account')
    .set({ email_confirmed_at: new Date() })
    .where('email', '=', member.email)
    .execute()
  const email = `new-${member.email}`
  expect((await update({ email })).body).toMatchObject({ error: 'TokenRequired' })
  expect((await request()).body).toEqual({ tokenRequired: true })
  const [code] = await codesTo(did)
  expect((await update({ email, token: 'AAAAA-AAAAA' })).body.error).toBe('InvalidToken')
  for (const address of ['nonsense', 'a@mailinator.com']) {
    expect((await update({ email: address, token: code })).body).toEqual({
      error: 'InvalidRequest',
      message: 'This email address is not supported, please use a different email.',
    })
  }
  const other = await signUp(house)
  expect((await update({ email: other.email, token: code })).body).toEqual({
    error: 'InvalidRequest',
    message: 'This email address is already in use, please use a different email.',
  })
  await expire(did)
  expect((await update({ email, token: code })).body.error).toBe('ExpiredToken')
  await request()
  const right = await update({ email, token: (await codesTo(did)).at(-1) })
  expect([right.status, right.text]).toEqual([200, ''])
  const session = await ask(house, server('getSession'), { token })
  expect(session.body).toMatchObject({ email, emailConfirmed: false })
  const stranger = await signUp(house, 'storks')
  expect((await update({ email: stranger.email })).status).toBe(200)
})

test('emailAuthFactor with another address changes the address, and nothing is asked for that nobody has confirmed', async () => {
  const { email, created } = await signUp(house)
  const input = { email: `two-${email}`, emailAuthFactor: true }
  const { status } = await ask(house, server('updateEmail'), { token: created.body.accessJwt, input })
  expect(status).toBe(200)
})

test('updateEmail of an actor without an account', async () => {
  const { token } = await withoutAccount()
  const { status, body } = await ask(house, server('updateEmail'), {
    token,
    input: { email: 'x@example.com' },
  })
  expect([status, body]).toEqual([400, { error: 'InvalidRequest', message: 'account not found' }])
})

test('a request for a new password is answered alike, whoever has the address', async () => {
  const { email } = await signUp(house)
  for (const address of [email, 'nobody@example.com', 'nonsense', '', 'x'.repeat(1000)]) {
    const asked = await ask(house, server('requestPasswordReset'), { input: { email: address } })
    expect([asked.status, asked.text]).toEqual([200, ''])
  }
})

test('a new password is set with the code that was mailed, and ends all sessions at once', async () => {
  const { email, created, password } = await signUp(house)
  const { did, accessJwt: token } = created.body
  await ask(house, server('requestPasswordReset'), { input: { email: email.toUpperCase() } })
  await runResetJobs()
  const [code] = await codesTo(did)
  const reset = (input: object, at: 'herons' | 'storks' = 'herons') =>
    ask(house, server('resetPassword'), { at, input: { token: code, password: 'new password', ...input } })
  expect((await reset({ token: 'AAAAA-AAAAA' })).body).toEqual({
    error: 'InvalidToken',
    message: 'Token is invalid',
  })
  expect((await reset({}, 'storks')).body.error).toBe('InvalidToken')
  for (const length of [0, 257]) {
    expect((await reset({ password: 'x'.repeat(length) })).body).toEqual({
      error: 'InvalidRequest',
      message: 'Invalid password length.',
    })
  }
  const done = await reset({})
  expect([done.status, done.text]).toEqual([200, ''])
  expect((await ask(house, server('getSession'), { token })).status).toBe(400)
  const refresh = { post: true, token: created.body.refreshJwt }
  expect((await ask(house, server('refreshSession'), refresh)).status).toBe(400)
  const login = (secret: string) =>
    ask(house, server('createSession'), { input: { identifier: email, password: secret } })
  expect((await login(password)).status).toBe(401)
  expect((await login('new password')).status).toBe(200)
  expect((await reset({})).body.error).toBe('InvalidToken')
})

test('a code for a new password that has expired is told apart from a wrong one', async () => {
  const { email, created } = await signUp(house)
  await ask(house, server('requestPasswordReset'), { input: { email } })
  await runResetJobs()
  const [token] = await codesTo(created.body.did)
  await expire(created.body.did)
  const { body } = await ask(house, server('resetPassword'), { input: { token, password: 'new password' } })
  expect(body).toEqual({ error: 'ExpiredToken', message: 'Token is expired' })
})

async function mailsTo(did: string): Promise<(SendMail & { mail: CodeMail })[]> {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select('payload')
    .where('queue', '=', sendMail.queue)
    .orderBy('id')
    .execute()
  const { handle } = await house.db
    .selectFrom('actor')
    .select('handle')
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const mails = rows.map(({ payload }) => sendMail.parse(payload) as SendMail & { mail: CodeMail })
  return mails.filter(({ mail }) => mail.handle === handle)
}

async function codesTo(did: string): Promise<string[]> {
  return (await mailsTo(did)).map(({ mail }) => mail.code)
}

async function expire(did: string): Promise<void> {
  const actor = house.db.selectFrom('actor').select('id').where('did', '=', did)
  await house.db
    .updateTable('email_token')
    .set({ expires_at: new Date() })
    .where('actor_id', 'in', actor)
    .execute()
}

/** An actor whose account has gone, with a session that is still good. */
async function withoutAccount(): Promise<{ token: string }> {
  const { created, email } = await signUp(house)
  await house.db.deleteFrom('account').where('email', '=', email).execute()
  return { token: created.body.accessJwt }
}

async function runResetJobs(): Promise<void> {
  const jobs = await house.db
    .deleteFrom('job_outbox')
    .where('name', '=', mailPasswordReset.name)
    .returning('payload')
    .execute()
  for (const { payload } of jobs) {
    await inTransaction(house.db, { name: 'test' }, (tx) =>
      sendPasswordReset(tx, { clock: systemClock }, mailPasswordReset.parse(payload)),
    )
  }
}
