import { findActor } from '@heronry/accounts/actor'
import type { CommunityId } from '@heronry/core/ids'
import { noticeTemplates, type SendMail } from '@heronry/jobs/kinds/send-mail'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { somebody } from './admin-calls.ts'
import { ask } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const
const own = (method: string) => `host.heronry.admin.${method}`
const server = (method: string) => `com.atproto.server.${method}`

const listed = async (params: string, question: typeof herons | typeof storks = herons) =>
  (await ask(house, `${own('listMail')}?${params}`, question)).body.mails
const mailsOf = (did: string) => listed(`account=${did}`)
const stateOf = async (token: string) =>
  (await ask(house, 'host.heronry.account.getMailState', { token })).body

async function end(how: 'done' | 'dead'): Promise<void> {
  await (how === 'done'
    ? sql`UPDATE job_outbox SET attempts = 1, done_at = now(), payload = 'null' WHERE queue = 'mail'`
    : sql`UPDATE job_outbox SET attempts = 7, dead_at = now(), error = 'Error: no' WHERE queue = 'mail'`
  ).execute(house.db)
}

test('a member sees that the code waits, that it was sent, and nothing of others', async () => {
  const { created, did } = await somebody(house)
  const stranger = await somebody(house)
  const token = created.body.accessJwt
  expect(await stateOf(token)).toEqual({ mails: [] })
  await ask(house, server('requestEmailConfirmation'), { post: true, token })
  expect(await stateOf(token)).toEqual({
    mails: [
      {
        template: 'confirm-email',
        state: 'queued',
        createdAt: expect.any(String),
        dueAt: expect.any(String),
      },
    ],
  })
  await end('done')
  const { mails } = await stateOf(token)
  expect(mails).toEqual([
    { template: 'confirm-email', state: 'sent', createdAt: expect.any(String), endedAt: expect.any(String) },
  ])
  expect(Date.now() - Date.parse(mails[0].endedAt)).toBeLessThan(60_000)
  expect(await stateOf(stranger.created.body.accessJwt)).toEqual({ mails: [] })
  expect(await mailsOf(did)).toMatchObject([{ template: 'confirm-email', state: 'sent', tries: 1 }])
})

test('what was given up is listed for its community alone, masked, and tried again with all its tries', async () => {
  await end('done')
  const { created, email } = await somebody(house)
  const other = await somebody(house, 'storks')
  await ask(house, server('requestEmailConfirmation'), { post: true, token: created.body.accessJwt })
  await ask(house, server('requestEmailConfirmation'), {
    at: 'storks',
    post: true,
    token: other.created.body.accessJwt,
  })
  await sql`UPDATE job_outbox SET attempts = 7, dead_at = now(), error = 'Error: no'
    WHERE queue = 'mail' AND done_at IS NULL`.execute(house.db)
  const [mail, ...more] = await listed('which=dead')
  expect(more).toEqual([])
  expect(mail).toMatchObject({ state: 'failed', tries: 7, to: `h***@example.com`, error: 'Error: no' })
  expect(JSON.stringify(mail)).not.toContain(email)
  const retry = (input: object, who: typeof herons | typeof storks = herons) =>
    ask(house, own('retryMail'), { ...who, input })
  expect((await retry({ ids: [mail.id] }, storks)).body).toEqual({ retried: 0 })
  expect((await retry({ ids: [] })).body).toEqual({ retried: 0 })
  expect((await retry({ ids: ['x'] })).status).toBe(400)
  expect((await retry({})).body).toEqual({ retried: 1 })
  expect(await listed('which=dead')).toEqual([])
  expect(await listed('which=queue')).toMatchObject([{ id: mail.id, tries: 0 }])
  expect(await listed('which=dead', storks)).toHaveLength(1)
})

test('a list goes on where its page ended', async () => {
  await end('done')
  for (const index of [1, 2, 3]) {
    await ask(house, own('sendTestMail'), { ...herons, input: { to: `operator${index}@example.com` } })
  }
  const page = async (cursor = '') => (await ask(house, `${own('listMail')}?limit=2${cursor}`, herons)).body
  const first = await page()
  const second = await page(`&cursor=${first.cursor}`)
  expect([first.mails.length, second.mails.length, second.cursor]).toEqual([2, 1, undefined])
  expect((await page('&cursor=x')).error).toBe('InvalidRequest')
})

test('an address that was refused for good is told to its owner, and given back by an administrator', async () => {
  const { created, did, email } = await somebody(house)
  const token = created.body.accessJwt
  const { communityId } =
    (await findActor(house.db, { communityId: 1 as CommunityId, didOrHandle: did })) ?? {}
  await sql`INSERT INTO mail_suppression (community_id, address, code)
    VALUES (${communityId}, sha256(${email}::bytea), 550)`.execute(house.db)
  expect(await stateOf(token)).toMatchObject({ suppressedAt: expect.any(String) })
  const lift = (who: typeof herons | typeof storks) =>
    ask(house, own('unsuppressMail'), { ...who, input: { email: email.toUpperCase() } })
  expect((await lift(storks)).body).toEqual({ lifted: false })
  expect((await lift(herons)).body).toEqual({ lifted: true })
  expect(await stateOf(token)).not.toHaveProperty('suppressedAt')
})

test('an invitation is a code of the community that lets one account in', async () => {
  const input = { to: 'guest@example.com', reason: 'asked for it' }
  const { body } = await ask(house, own('sendInvite'), { ...storks, input })
  const [mail] = await sent('guest@example.com')
  expect(mail).toMatchObject({
    serviceName: 'storks',
    mail: { template: 'invite', values: { code: body.code, url: 'https://storks.example.com' } },
  })
  const account = { handle: 'reedling.storks.test', email: 'guest@example.com', password: 'correct horse' }
  const signUp = { at: 'storks', input: { ...account, inviteCode: body.code } } as const
  expect((await ask(house, server('createAccount'), signUp)).status).toBe(200)
  expect((await ask(house, own('sendInvite'), { ...storks, input: { to: 'nobody' } })).status).toBe(400)
})

test('what happens to an account is told by mail, in the transaction in which it happens', async () => {
  const { created, did, email, password } = await somebody(house)
  const token = created.body.accessJwt
  const from = (userAgent: string) => {
    const question = { input: { identifier: did, password }, remoteAddress: '::ffff:192.0.2.7' }
    return ask(house, server('createSession'), { ...question, userAgent })
  }
  // From where he has signed up.
  await ask(house, server('createSession'), { input: { identifier: did, password } })
  const notices = async () =>
    (await sent(email))
      .map(({ mail }) => mail)
      .filter(({ template }) => noticeTemplates.some((it) => it === template))
  const acts: [template: string, act: () => Promise<{ status: number }>][] = [
    ['new-sign-in', () => from('goat/1.2')],
    [
      'app-password-created',
      () => ask(house, server('createAppPassword'), { token, input: { name: 'my phone' } }),
    ],
    ['suspended', () => suspend({ did, until: '2030-01-31T12:00:00Z', reason: 'spam' })],
    ['suspension-over', () => ask(house, own('liftSuspension'), { ...herons, input: { did, reason: 'x' } })],
    ['password-changed', () => adminAct('updateAccountPassword', { did, password: 'another word' })],
    ['email-changed', () => adminAct('updateAccountEmail', { account: did, email: `new-${email}` })],
  ]
  for (const [index, [template, act]] of acts.entries()) {
    expect([template, (await act()).status]).toEqual([template, 200])
    expect((await notices()).map((it) => it.template)).toEqual(acts.slice(0, index + 1).map(([name]) => name))
  }
  expect(await notices()).toMatchObject([
    { values: { device: 'goat', address: '192.0.2.7', kind: 'password' } },
    { values: { name: 'my phone' } },
    { values: { until: '2030-01-31 12:00 UTC' } },
    {},
    {},
    {},
  ])
  await adminAct('deleteAccount', { did })
  // What was on its way to the account went with it; the last mail is nobody's.
  expect(await notices()).toEqual([])
  expect(await sent(`new-${email}`)).toMatchObject([{ mail: { template: 'deletion-done' } }])
})

const suspend = (input: object) => ask(house, own('suspendAccount'), { ...herons, input })
const adminAct = (method: string, input: object) =>
  ask(house, `com.atproto.admin.${method}`, { ...herons, input })

async function sent(to: string): Promise<SendMail[]> {
  const { rows } = await sql<{ payload: SendMail }>`
    SELECT payload FROM job_outbox WHERE queue = 'mail' AND payload ->> 'to' = ${to} ORDER BY id`.execute(
    house.db,
  )
  return rows.map(({ payload }) => payload)
}
