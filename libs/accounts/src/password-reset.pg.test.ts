import type { Community } from '@heronry/communities/community'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { type CodeMail, sendMail } from '@heronry/jobs/kinds/send-mail'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { mailPasswordReset } from './account-job-kinds.ts'
import { accountHandlers } from './account-jobs.ts'
import type { Actor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { createSession } from './create-session.ts'
import { emailTokenTtlMs, expiredTokenRetentionMs, resetMailIntervalMs, tokenGuessesMax } from './limits.ts'
import { purgeTokens } from './purge-tokens.ts'
import { requestPasswordReset, sendPasswordReset } from './request-password-reset.ts'
import { resetPassword } from './reset-password.ts'
import { setStatus } from './set-status.ts'

let house: SignUpHouse
let actor: Actor
let email: string
let now: number
let network = 0
const clock = { now: () => now }

beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  const account = someone(house.here)
  email = account.email
  actor = (await createAccount(house.deps, account)).actor
  now = Date.now()
  network++
  await house.db.deleteFrom('job_outbox').execute()
})

test('the mailed code gives the account another password, once, in any case', async () => {
  const code = await mailedCode()
  await reset({ token: ` ${code.toLowerCase()} `, password: 'new password' })
  await expect(logIn('correct horse')).rejects.toMatchObject({ code: 'AuthenticationRequired' })
  await logIn('new password')
  await expect(reset({ token: code, password: 'third' })).rejects.toMatchObject({ code: 'InvalidToken' })
})

test('a new password ends sessions, access tokens and app passwords, and those of nobody else', async () => {
  const other = (await createAccount(house.deps, someone(house.here))).actor
  for (const { id } of [actor, other]) {
    await house.db
      .insertInto('app_password')
      .values({ actor_id: id, name: 'tool', hash: 'x', privileged: false, permissions: null })
      .execute()
  }
  await reset({ token: await mailedCode(), password: 'new password' })
  const rows = async (id: Actor['id']) => {
    const { rows } = await sql<{ sessions: number; passwords: number; since: Date | null }>`SELECT
      (SELECT count(*) FROM session WHERE actor_id = ${id})::int AS sessions,
      (SELECT count(*) FROM app_password WHERE actor_id = ${id})::int AS passwords,
      (SELECT sessions_since FROM actor WHERE id = ${id}) AS since`.execute(house.db)
    return rows[0]
  }
  expect(await rows(actor.id)).toEqual({ sessions: 0, passwords: 0, since: expect.any(Date) })
  expect(await rows(other.id)).toEqual({ sessions: 1, passwords: 1, since: null })
})

test('a request writes the same whether anybody has the address or not', async () => {
  for (const address of [email, 'nobody@example.com']) {
    await requestPasswordReset(house.deps, { communityId: house.here.id, email: address })
  }
  const rows = await house.db
    .selectFrom('job_outbox')
    .select(['queue', 'name', 'payload'])
    .orderBy('id')
    .execute()
  expect(rows.map(({ queue, name }) => `${queue} ${name}`)).toEqual(
    Array(2).fill('accounts mailPasswordReset'),
  )
  const [known, unknown] = rows.map(({ payload }) => mailPasswordReset.parse(payload))
  expect({ ...unknown, email }).toEqual(known)
  expect(await house.db.selectFrom('email_token').select('actor_id').execute()).toEqual([])
})

test.each(['x'.repeat(255), `${'x'.repeat(243)}@example.com`])(
  'an address too long is nobody`s (%#)',
  async (address) => {
    await requestPasswordReset(house.deps, { communityId: house.here.id, email: address })
    expect(await house.db.selectFrom('job_outbox').select('id').execute()).toEqual([])
  },
)

test.each(['', 'nobody@example.com', 'actor', "' OR 1=1@x", 'a@b\\'])(
  'no mail goes to %j',
  async (address) => {
    await lookedUp(address)
    expect(await codes()).toEqual([])
  },
)

test('the account is looked up by its address alone, and mail is for its address', async () => {
  await lookedUp(actor.handle ?? '')
  await lookedUp(actor.did)
  expect(await codes()).toEqual([])
})

test.each(['takendown', 'deactivated'] as const)(
  'an account that is %s can be given a password',
  async (status) => {
    const change = status === 'takendown' ? { takedownRef: 'x' } : { deactivated: { deleteAfter: null } }
    await setStatus(house.deps, { actorId: actor.id, change })
    await reset({ token: await mailedCode(), password: 'new password' })
    const barred = status === 'takendown'
    const login = createSession(house.deps, attempt('new password', barred))
    expect((await login).login.actor.status).toBe(status)
  },
)

test('a second mail comes after a minute, however often it is asked for', async () => {
  const first = await mailedCode()
  now += resetMailIntervalMs - 1
  await lookedUp(email)
  expect(await codes()).toEqual([first])
  now += 1
  await lookedUp(email)
  const [, second] = await codes()
  await expect(reset({ token: first })).rejects.toMatchObject({ code: 'InvalidToken' })
  await reset({ token: second ?? '' })
})

test('a code runs out after fifteen minutes, and a day later nothing is known of it', async () => {
  const code = await mailedCode()
  now += emailTokenTtlMs.resetPassword
  const stored = await house.db.selectFrom('email_token').selectAll().execute()
  await expect(reset({ token: code })).rejects.toMatchObject({ code: 'ExpiredToken' })
  await house.db.insertInto('email_token').values(stored).execute()
  now += expiredTokenRetentionMs
  await purgeTokens({ db: house.deps.db, clock })
  expect(await house.db.selectFrom('email_token').selectAll().execute()).toHaveLength(1)
  now += 1
  await purgeTokens({ db: house.deps.db, clock })
  expect(await house.db.selectFrom('email_token').selectAll().execute()).toEqual([])
})

test('a code of one community is worth nothing at another, and is not spent there', async () => {
  const code = await mailedCode()
  const elsewhere = { communityId: house.there.id }
  await expect(reset({ ...elsewhere, token: code })).rejects.toMatchObject({ code: 'InvalidToken' })
  await reset({ token: code })
})

test('a code for something else resets no password', async () => {
  const code = await mailedCode()
  await house.db.updateTable('email_token').set({ purpose: 4 }).where('actor_id', '=', actor.id).execute()
  await expect(reset({ token: code })).rejects.toMatchObject({ code: 'InvalidToken' })
})

test('of ten who show a code at once, one sets the password', async () => {
  const token = await mailedCode()
  const tries = Array.from({ length: 10 }, (_, n) => reset({ token, password: `password ${n}` }))
  const outcomes = await Promise.allSettled(tries)
  const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
  expect(winners).toHaveLength(1)
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'InvalidToken' })
  }
  await logIn(`password ${winners[0]}`)
})

test('a login with the old password that is under way is not left open by a reset', async () => {
  const token = await mailedCode()
  const [login, done] = await Promise.allSettled([logIn('correct horse'), reset({ token })])
  expect(done.status).toBe('fulfilled')
  const sessions = await house.db
    .selectFrom('session')
    .select('id')
    .where('actor_id', '=', actor.id)
    .execute()
  expect([login.status, sessions]).toEqual([login.status, []])
})

test.each([
  [0, 'InvalidRequest'],
  [1, 'InvalidToken'],
  [256, 'InvalidToken'],
  [257, 'InvalidRequest'],
])('a password of %i characters', async (length, code) => {
  const password = 'x'.repeat(length)
  await expect(reset({ token: 'AAAAA-AAAAA', password })).rejects.toMatchObject({ code })
})

test.each(['', '\u0000', 'x'.repeat(100_000), '😀'])('a hostile token is a wrong one (%#)', async (token) => {
  await expect(reset({ token })).rejects.toMatchObject({ code: 'InvalidToken' })
})

describe('guesses', () => {
  const guess = () => reset({ token: 'AAAAA-AAAAA' })

  test('are counted by network: past the limit the right code is refused there, and works from elsewhere', async () => {
    const token = await mailedCode()
    for (let n = 0; n < tokenGuessesMax - 1; n++) {
      await expect(guess()).rejects.toMatchObject({ code: 'InvalidToken' })
    }
    await reset({ token })
    now += resetMailIntervalMs
    const second = await mailedCode()
    await expect(guess()).rejects.toMatchObject({ code: 'InvalidToken' })
    await expect(reset({ token: second })).rejects.toMatchObject({ code: 'RateLimitExceeded' })
    network++
    await reset({ token: second })
  })

  test('that come at once are all counted', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: tokenGuessesMax + 5 }, guess))
    const codes = outcomes.map((it) => (it.status === 'rejected' ? it.reason.code : 'none'))
    expect(codes.filter((code) => code === 'InvalidToken')).toHaveLength(tokenGuessesMax)
    expect(codes.filter((code) => code === 'RateLimitExceeded')).toHaveLength(5)
  })

  test('are forgotten after an hour, and at one community are none at another', async () => {
    const there = { communityId: house.there.id }
    for (let n = 0; n < tokenGuessesMax; n++) await expect(guess()).rejects.toThrow()
    await expect(guess()).rejects.toMatchObject({ code: 'RateLimitExceeded' })
    await expect(reset({ ...there, token: 'A' })).rejects.toMatchObject({ code: 'InvalidToken' })
    now += 3_600_000
    await expect(guess()).rejects.toMatchObject({ code: 'InvalidToken' })
    now += 3_600_001
    await purgeTokens({ db: house.deps.db, clock })
    expect(await house.db.selectFrom('token_guess').selectAll().execute()).toEqual([])
  })
})

test('the job that mails a code is one of those of the queue', () => {
  const handlers = accountHandlers(house.deps)
  expect(handlers.map(({ kind }) => kind.name)).toContain('mailPasswordReset')
})

/** What the job does with an address that somebody has typed. */
async function lookedUp(address: string, community: Community = house.here): Promise<void> {
  const { name, links } = community.settings
  const request = { communityId: community.id, email: address.toLowerCase(), name, links }
  await inTransaction(house.deps.db, { name: 'test' }, (tx) => sendPasswordReset(tx, { clock }, request))
}

async function codes(): Promise<string[]> {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select('payload')
    .where('queue', '=', sendMail.queue)
    .orderBy('id')
    .execute()
  const mails = rows.map(({ payload }) => sendMail.parse(payload))
  for (const { to, communityId } of mails) expect([to, communityId]).toEqual([email, house.here.id])
  return mails.map(({ mail }) => (mail as CodeMail).code)
}

async function mailedCode(): Promise<string> {
  await lookedUp(email.toUpperCase())
  return (await codes()).at(-1) ?? ''
}

function reset(input: { token: string; password?: string; communityId?: Community['id'] }): Promise<ActorId> {
  const { db, passwords } = house.deps
  const request = { communityId: house.here.id, password: 'new password', network: `net ${network}` }
  return resetPassword({ db, passwords, clock }, { ...request, ...input })
}

function attempt(password: string, allowTakendown = false) {
  return { community: house.here, identifier: email, password, allowTakendown, network: '192.0.2.9' }
}

async function logIn(password: string): Promise<void> {
  await createSession(house.deps, attempt(password))
}
