import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import { type CodeMail, type SendMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import type { Actor } from './actor.ts'
import { changeEmail } from './change-email.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { confirmEmail } from './email-confirmation.ts'
import { emailPurposes, spendEmailToken } from './email-token.ts'
import { requestEmailUpdate, updateEmail } from './email-update.ts'
import { findLogin, lockLoginToChange } from './find-login.ts'
import { emailTokenTtlMs } from './limits.ts'
import { requestToken } from './mail-token.ts'

let house: SignUpHouse
let actor: Actor
let email: string
let now: number
let count = 0
const clock = { now: () => now }
const deps = () => ({ db: house.deps.db, clock })

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  const account = someone(house.here)
  email = account.email
  actor = (await createAccount(house.deps, account)).actor
  now = 1_800_000_000_000
  await house.db.deleteFrom('job_outbox').execute()
})

test('an address that nobody has confirmed is changed without a token, and the new one is asked to confirm', async () => {
  expect(await requested()).toEqual({ tokenRequired: false })
  expect(await mails()).toEqual([])
  const before = (await findLogin(house.db, actor.id))?.email
  const fresh = newAddress()
  await update({ email: fresh.toUpperCase() })
  expect(await findLogin(house.db, actor.id)).toMatchObject({ email: fresh, emailConfirmed: false })
  const [told, mail] = await mails()
  expect(told).toMatchObject({ to: before, mail: { template: 'email-changed', values: {} } })
  expect(mail).toMatchObject({ to: fresh, mail: { template: 'confirm-email' } })
  await confirmEmail(deps(), { actor, email: fresh, token: codeOf(mail) })
  expect(await findLogin(house.db, actor.id)).toMatchObject({ emailConfirmed: true })
})

test('a confirmed address is changed by a token that goes to it, once', async () => {
  await confirmed()
  await expect(update({ email: newAddress() })).rejects.toMatchObject({ code: 'TokenRequired' })
  const token = await updateToken()
  const fresh = newAddress()
  await update({ email: fresh, token })
  expect(await findLogin(house.db, actor.id)).toMatchObject({ email: fresh, emailConfirmed: false })
  await confirmEmail(deps(), { actor, email: fresh, token: codeOf((await mails()).at(-1)) })
  await expect(update({ email: newAddress(), token })).rejects.toMatchObject({ code: 'InvalidToken' })
})

test('a token that nobody asks for must still be right', async () => {
  await expect(update({ token: 'AAAAA-AAAAA' })).rejects.toMatchObject({ code: 'InvalidToken' })
  await update({ token: '' })
})

test('a change takes away every token that the old address was sent', async () => {
  const { deleteAccount, plcOperation, resetPassword } = emailPurposes
  for (const purpose of [deleteAccount, plcOperation, resetPassword]) {
    await requestToken(deps(), { community: house.here, actor, purpose })
  }
  await update({ email: newAddress() })
  const tokens = house.db.selectFrom('email_token').select('purpose')
  const rows = await tokens.where('actor_id', '=', actor.id).execute()
  expect(rows.map(({ purpose }) => purpose)).toEqual([emailPurposes.confirmEmail])
})

test('the token is good for fifteen minutes and five tries, and for no other account', async () => {
  await confirmed()
  const expired = await updateToken()
  now += emailTokenTtlMs.updateEmail
  await expect(update({ token: expired })).rejects.toMatchObject({ code: 'ExpiredToken' })
  const tried = await updateToken()
  for (let n = 0; n < 5; n++) {
    await expect(update({ token: 'AAAAA-AAAAA' })).rejects.toMatchObject({ code: 'InvalidToken' })
  }
  await expect(update({ token: tried })).rejects.toMatchObject({ code: 'InvalidToken' })
  const token = await updateToken()
  const mine = actor
  actor = (await createAccount(house.deps, someone(house.here))).actor
  await confirmed()
  await expect(update({ token })).rejects.toMatchObject({ code: 'InvalidToken' })
  actor = mine
  await update({ token })
})

test('an address that somebody has here is refused in any case, and the token stays good', async () => {
  await confirmed()
  const other = someone(house.here)
  await createAccount(house.deps, other)
  const token = await updateToken()
  await expect(update({ email: other.email.toUpperCase(), token })).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: 'This email address is already in use, please use a different email.',
  })
  await update({ token })
})

test('an address that somebody has at another community is free here', async () => {
  const { codes } = await createInviteCodes(house.deps.db, {
    community: house.there,
    codeCount: 1,
    useCount: 1,
    forAccounts: ['admin'],
  })
  const other = someone(house.there)
  await createAccount(house.deps, { ...other, inviteCode: codes[0]?.codes[0] ?? '' })
  await update({ email: other.email })
})

test('the own address may be given again, and is then to be confirmed again', async () => {
  await confirmed()
  await update({ email: email.toUpperCase(), token: await updateToken() })
  expect(await findLogin(house.db, actor.id)).toMatchObject({ email, emailConfirmed: false })
})

test.each([
  '',
  'nonsense',
  'a@b',
  'a\u0000@example.com',
  `${'x'.repeat(250)}@example.com`,
  'a@mailinator.com',
  'a@MAILINATOR.com',
  'a@below.mailinator.com',
])('%j is no address that an account can have', async (address) => {
  await expect(update({ email: address })).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: 'This email address is not supported, please use a different email.',
  })
  await expect(createAccount(house.deps, { ...someone(house.here), email: address })).rejects.toThrow(
    HeronryError,
  )
})

test('of ten who show a token at once, one changes the address', async () => {
  await confirmed()
  const token = await updateToken()
  const fresh = Array.from({ length: 10 }, newAddress)
  const outcomes = await Promise.allSettled(fresh.map((address) => update({ email: address, token })))
  const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? fresh[n] : []))
  expect(winners).toHaveLength(1)
  expect((await findLogin(house.db, actor.id))?.email).toBe(winners[0])
})

test('a change of address and a token that is spent on the end of the account do not wait for each other', async () => {
  const purpose = emailPurposes.deleteAccount
  await requestToken(deps(), { community: house.here, actor, purpose })
  const token = codeOf((await mails()).at(-1))
  const changing = inTransaction(house.deps.db, { name: 'test' }, async (tx) => {
    await lockLoginToChange(tx, actor.id)
    const spending = inTransaction(house.deps.db, { name: 'test' }, async (other) => {
      const verdict = await spendEmailToken(other, { actorId: actor.id, purpose, now: new Date(now), token })
      await other.deleteFrom('actor').where('id', '=', actor.id).execute()
      return verdict
    })
    await lockIsWaitedFor()
    await changeEmail(tx, { communityId: house.here.id, actorId: actor.id, email: newAddress() })
    return { spending }
  })
  const { spending } = await changing
  expect(await spending).toBe('wrong')
})

test('of accounts and sign-ups that want one address at once, one gets it, and the others are told', async () => {
  for (let round = 0; round < 3; round++) {
    const address = newAddress()
    const others = await Promise.all(
      [1, 2].map(async () => (await createAccount(house.deps, someone(house.here))).actor),
    )
    const wishes = [
      ...others.map((actor) => updateEmail(deps(), { community: house.here, actor, email: address })),
      ...[1, 2].map(() => createAccount(house.deps, { ...someone(house.here), email: address })),
    ]
    const outcomes = await Promise.allSettled(wishes)
    const reasons = outcomes.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []))
    expect(reasons.map((reason) => reason.code)).toEqual(Array(3).fill('InvalidRequest'))
  }
})

async function lockIsWaitedFor(): Promise<void> {
  const waiting = async () => {
    const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(house.db)
    return rows[0]?.n
  }
  await expect.poll(waiting, { timeout: 10_000 }).toBe(1)
}

function newAddress(): string {
  return `fresh${++count}@example.com`
}

async function mails(): Promise<SendMail[]> {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select('payload')
    .where('queue', '=', sendMail.queue)
    .orderBy('id')
    .execute()
  return rows.map(({ payload }) => sendMail.parse(payload))
}

function codeOf(mail: SendMail | undefined): string {
  if (mail === undefined) throw new Error('No mail')
  return (mail.mail as CodeMail).code
}

function requested() {
  return requestEmailUpdate(deps(), { community: house.here, actor })
}

async function updateToken(): Promise<string> {
  expect(await requested()).toEqual({ tokenRequired: true })
  const mail = (await mails()).at(-1)
  expect(mail).toMatchObject({ mail: { template: 'update-email' } })
  expect(mail?.to).toBe((await findLogin(house.db, actor.id))?.email)
  return codeOf(mail)
}

async function confirmed(): Promise<void> {
  await requestToken(deps(), { community: house.here, actor, purpose: emailPurposes.confirmEmail })
  const mail = (await mails()).at(-1)
  await confirmEmail(deps(), { actor, email: mail?.to ?? '', token: codeOf(mail) })
}

function update({ email: address = newAddress(), token }: { email?: string; token?: string }): Promise<void> {
  return updateEmail(deps(), { community: house.here, actor, email: address, token })
}
