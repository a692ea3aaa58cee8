import { type CodeMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import type { Actor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { confirmEmail } from './email-confirmation.ts'
import { emailPurposes } from './email-token.ts'
import { findLogin } from './find-login.ts'
import { requestToken } from './mail-token.ts'

let house: SignUpHouse
let actor: Actor
let email: string
let now: number
const clock = { now: () => now }

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  const account = someone(house.here)
  email = account.email
  actor = (await createAccount(house.deps, account)).actor
  now = 1_800_000_000_000
})

test('the token of the mail confirms the address, once, in any case', async () => {
  const { payload, code } = await requested()
  expect(payload).toMatchObject({ communityId: house.here.id, serviceName: 'here', to: email })
  expect(code).toMatch(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/)
  await confirm({ email: email.toUpperCase(), token: ` ${code.toLowerCase()} ` })
  expect((await findLogin(house.db, actor.id))?.emailConfirmed).toBe(true)
  await expect(confirm({ token: code })).rejects.toMatchObject({ code: 'InvalidToken' })
})

test('only a hash of the token is kept', async () => {
  const { code } = await requested()
  const rows = await house.db.selectFrom('email_token').selectAll().where('actor_id', '=', actor.id).execute()
  expect(rows).toHaveLength(1)
  expect(Buffer.from(rows[0]?.token_hash ?? []).includes(code)).toBe(false)
})

test('a token runs out after fifteen minutes', async () => {
  const { code } = await requested()
  now += 15 * 60_000
  await expect(confirm({ token: code })).rejects.toMatchObject({ code: 'ExpiredToken' })
  const fresh = await requested()
  now += 15 * 60_000 - 1
  await confirm({ token: fresh.code })
})

test('the right token counts after four wrong ones, and no more after five', async () => {
  const first = await requested()
  for (let attempt = 0; attempt < 4; attempt++) await refusedConfirm()
  await confirm({ token: first.code })
  const second = await requested()
  for (let attempt = 0; attempt < 5; attempt++) await refusedConfirm()
  await expect(confirm({ token: second.code })).rejects.toMatchObject({ code: 'InvalidToken' })
  const third = await requested()
  await confirm({ token: third.code })
})

test('a new token puts the old one out of use', async () => {
  const old = await requested()
  const fresh = await requested()
  await expect(confirm({ token: old.code })).rejects.toMatchObject({ code: 'InvalidToken' })
  await confirm({ token: fresh.code })
})

test('of ten who show a token at once, one confirms', async () => {
  const { code } = await requested()
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => confirm({ token: code })))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('a token confirms no other address and no other account', async () => {
  const { code } = await requested()
  await expect(confirm({ email: 'other@example.com', token: code })).rejects.toMatchObject({
    code: 'InvalidEmail',
  })
  const other = someone(house.here)
  const stranger = (await createAccount(house.deps, other)).actor
  const theirs = { actor: stranger, email: other.email, token: code }
  await expect(confirmEmail({ db: house.db, clock }, theirs)).rejects.toMatchObject({ code: 'InvalidToken' })
})

test.each(['', '\u0000', 'x'.repeat(100_000), '😀'])('a hostile token is a wrong one (%#)', async (token) => {
  await requested()
  await expect(confirm({ token })).rejects.toMatchObject({ code: 'InvalidToken' })
})

async function requested() {
  const purpose = emailPurposes.confirmEmail
  await requestToken({ db: house.db, clock }, { community: house.here, actor, purpose })
  const row = await house.db
    .selectFrom('job_outbox')
    .select('payload')
    .where('queue', '=', sendMail.queue)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  const payload = sendMail.parse(row.payload)
  const { code } = payload.mail as CodeMail
  return { payload, code }
}

function confirm(input: { email?: string; token: string }): Promise<void> {
  return confirmEmail({ db: house.db, clock }, { actor, email, ...input })
}

async function refusedConfirm(): Promise<void> {
  await expect(confirm({ token: 'AAAAA-AAAAA' })).rejects.toMatchObject({ code: 'InvalidToken' })
}
