import { sendPasswordReset } from '@heronry/accounts/request-password-reset'
import { totpCode, totpStep } from '@heronry/accounts/totp'
import { systemClock } from '@heronry/core/clock'
import type { CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { base32Bytes } from '@heronry/testing/base32'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Member, newMember, TestBrowser } from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'

let opened: AsyncDisposableStack
let house: OAuthHouse
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  house = opened.use(await oauthHouse(opened.use(await houseGround())))
})
afterAll(() => opened.disposeAsync())

interface Answer {
  account?: { did: string; handle: string; deactivated: boolean; email: string; emailVerified: boolean }
  error?: string
  error_description?: string
  reason?: string
  type?: string
  hint?: string
}

/** A browser on the account page. */
async function visitor(origin = house.herons) {
  const browser = new TestBrowser()
  const page = `${origin}/account`
  await browser.open(page)
  const act = async (endpoint: string, body: object) => {
    const { status, json } = await browser.call<Answer>(page, endpoint, { body })
    return { status, ...json }
  }
  const devices = async () => (await browser.call<object[]>(page, 'device-sessions', {})).json
  const signIn = ({ username, password }: Pick<Member, 'username' | 'password'>, emailOtp?: string) =>
    act('sign-in', { locale: 'en', username, password, ...(emailOtp && { emailOtp }) })
  return { browser, page, act, devices, signIn }
}

/** The codes that were mailed to somebody, the last one first. */
async function codes({ did }: { did: string }, template: string): Promise<string[]> {
  const { rows } = await sql<{ payload: object }>`
    SELECT payload FROM job_outbox WHERE name = 'send-mail' AND actor_id = (SELECT id FROM actor WHERE did = ${did})
    ORDER BY id DESC`.execute(house.db)
  return rows.flatMap(({ payload }) => {
    const { mail } = sendMail.parse(payload)
    return mail.template === template && 'code' in mail ? [mail.code] : []
  })
}

async function xrpc<Out>(nsid: string, body: object, token?: string): Promise<Out> {
  const answer = await new TestBrowser().send(`${house.herons}/xrpc/${nsid}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  if (answer.status !== 200) throw new Error(`${nsid}: ${answer.status} ${answer.body}`)
  return (answer.body === '' ? undefined : JSON.parse(answer.body)) as Out
}

function session({ username, password }: Member) {
  return xrpc<{ accessJwt: string }>('com.atproto.server.createSession', { identifier: username, password })
}

describe('signing up', () => {
  const wish = (name: string, domain = '.herons.test') => ({
    ...{
      locale: 'en',
      handle: `${name}${domain}`,
      email: `${name}@mail.example.com`,
      password: 'a good password',
    },
  })

  test('on the page makes an account that the browser is signed in to', async () => {
    const { act, devices } = await visitor()
    const made = await act('sign-up', wish('newcomer'))
    expect(made).toMatchObject({
      status: 200,
      account: { handle: 'newcomer.herons.test', emailVerified: false },
    })
    expect(await devices()).toMatchObject([{ account: { did: made.account?.did }, loginRequired: false }])
    const again = await act('sign-up', { ...wish('newcomer'), email: 'other@mail.example.com' })
    expect(again).toMatchObject({ status: 400, error: 'handle_unavailable', reason: 'taken' })
    const free = await act('verify-handle-availability', { handle: 'newcomer.herons.test' })
    expect(free).toMatchObject({ status: 400, error: 'handle_unavailable', reason: 'taken' })
    expect(await act('verify-handle-availability', { handle: 'free.herons.test' })).toMatchObject({
      status: 200,
    })
    const foreign = await act('verify-handle-availability', { handle: 'free.storks.test' })
    expect(foreign).toMatchObject({ status: 400, reason: 'unsupported' })
  })

  test('needs an invitation where the community does, and takes it once', async () => {
    const { act } = await visitor(house.storks)
    expect(await act('sign-up', wish('late-comer', '.storks.test'))).toMatchObject({ status: 400 })
    await sql`INSERT INTO invite_code (code, community_id, available_uses, disabled, for_account, created_by)
      SELECT 'a-code-of-storks', id, 1, false, 'admin', 'admin' FROM community WHERE slug = 'storks'`.execute(
      house.db,
    )
    const invited = { ...wish('late-comer', '.storks.test'), inviteCode: 'a-code-of-storks' }
    expect(await act('sign-up', invited)).toMatchObject({ status: 200 })
    const second = { ...wish('later-comer', '.storks.test'), inviteCode: 'a-code-of-storks' }
    expect(await act('sign-up', second)).toMatchObject({ status: 400 })
  })
})

describe('signing in', () => {
  test('asks for a code by mail where the member wants it so', async () => {
    const who = await newMember(house.herons)
    await sql`UPDATE account SET email_factor = true, email_confirmed_at = now()
      WHERE actor_id = (SELECT id FROM actor WHERE did = ${who.did})`.execute(house.db)
    const { signIn } = await visitor()
    expect(await signIn({ ...who, password: 'a wrong password' })).toMatchObject({ status: 400 })
    expect(await signIn(who)).toMatchObject({
      ...{ status: 401, error: 'second_authentication_factor_required', type: 'emailOtp' },
      hint: expect.stringContaining('***@mail.example.com'),
    })
    expect(await signIn(who, 'AAAAA-AAAAA')).toMatchObject({ status: 400 })
    const [code] = await codes(who, 'sign-in-code')
    expect(await signIn(who, code)).toMatchObject({ status: 200, account: { did: who.did } })
    expect(await signIn(who, code)).toMatchObject({ status: 400 })
  })

  test('takes the code of an authenticator app, and a recovery code, in the same field', async () => {
    const who = await newMember(house.herons)
    const { accessJwt } = await session(who)
    const { password } = who
    const { secret } = await xrpc<{ secret: string }>(
      'host.heronry.account.beginTotp',
      { password },
      accessJwt,
    )
    const codeAt = (ms: number) => totpCode(base32Bytes(secret), totpStep(Date.now() + ms))
    const confirmed = await xrpc<{ codes: string[] }>(
      'host.heronry.account.confirmTotp',
      { code: codeAt(0) },
      accessJwt,
    )
    const { signIn } = await visitor()
    expect(await signIn(who)).toMatchObject({ status: 401, hint: 'authenticator app, not your' })
    expect(await signIn(who, codeAt(30_000))).toMatchObject({ status: 200 })
    expect(await signIn(who, confirmed.codes[0])).toMatchObject({ status: 200 })
    expect(await signIn(who, confirmed.codes[0])).toMatchObject({ status: 400 })
  })

  test('takes no app password, and nobody who was taken down', async () => {
    const who = await newMember(house.herons)
    const { accessJwt } = await session(who)
    const app = await xrpc<{ password: string }>(
      'com.atproto.server.createAppPassword',
      { name: 'an app' },
      accessJwt,
    )
    const { signIn } = await visitor()
    expect(await signIn({ ...who, password: app.password })).toMatchObject({
      ...{ status: 400, error_description: 'Invalid identifier or password' },
    })
    expect(await signIn({ ...who, username: 'nobody.herons.test' })).toMatchObject({
      ...{ status: 400, error_description: 'Invalid identifier or password' },
    })
    await sql`UPDATE actor SET takedown_ref = 'x' WHERE did = ${who.did}`.execute(house.db)
    expect(await signIn(who)).toMatchObject({ status: 400 })
  })

  test('is locked after too many wrong passwords from one network, the right one included', async () => {
    const who = await newMember(house.herons)
    const { signIn } = await visitor()
    await sql`DELETE FROM login_attempt`.execute(house.db)
    expect(await signIn({ ...who, password: 'a wrong password' })).toMatchObject({ status: 400 })
    const failed = await sql`UPDATE login_attempt SET failures = 30`.execute(house.db)
    expect(failed.numAffectedRows).toBe(1n)
    expect(await signIn(who)).toMatchObject({ status: 429, error: 'rate_limit_exceeded' })
  })
})

describe('a member', () => {
  test('sets another password by mail, and no browser is signed in any more', async () => {
    const who = await newMember(house.herons)
    const { act, signIn, devices } = await visitor()
    await signIn(who)
    expect(await devices()).toHaveLength(1)
    const { rows } = await sql<{ email: string }>`SELECT email FROM account
      WHERE actor_id = (SELECT id FROM actor WHERE did = ${who.did})`.execute(house.db)
    const asked = { locale: 'en', email: rows[0]?.email }
    expect(await act('reset-password-request', asked)).toMatchObject({ status: 200 })
    const communityId = (await house.communities.all())[0]?.id as CommunityId
    const wished = { communityId, email: rows[0]?.email ?? '' }
    await inTransaction(house.db, { name: 'test' }, (tx) =>
      sendPasswordReset(tx, { clock: systemClock }, wished),
    )
    const password = 'another password'
    expect(await act('reset-password-confirm', { token: 'AAAAA-AAAAA', password })).toMatchObject({
      status: 400,
    })
    expect(await devices()).toHaveLength(1)
    const [token] = await codes(who, 'reset-password')
    expect(await act('reset-password-confirm', { token, password })).toMatchObject({ status: 200 })
    expect(await devices()).toEqual([])
    expect(await signIn({ ...who, password })).toMatchObject({ status: 200 })
    expect(await devices()).toHaveLength(1)
  })

  test('changes address, handle and state on the account page, and leaves', async () => {
    const who = await newMember(house.herons)
    const { did, password } = who
    const { act, signIn } = await visitor()
    expect(await act('update-handle', { did, handle: 'renamed.herons.test' })).toMatchObject({ status: 401 })
    await signIn(who)
    expect(await act('update-handle', { did, handle: 'renamed.herons.test' })).toMatchObject({
      ...{ status: 200, account: { handle: 'renamed.herons.test' } },
    })
    expect(await act('verify-email-request', { did, locale: 'en' })).toMatchObject({ status: 200 })
    const email = (await act('sign-in', { locale: 'en', username: did, password })).account?.email ?? ''
    const wrong = await act('verify-email-confirm', { did, email, token: 'AAAAA-AAAAA' })
    expect(wrong).toMatchObject({ status: 400, error_description: 'Invalid token' })
    const [token] = await codes(who, 'confirm-email')
    expect(await act('verify-email-confirm', { did, email, token })).toMatchObject({
      ...{ status: 200, account: { emailVerified: true } },
    })
    expect(await act('deactivate-account', { did })).toMatchObject({
      status: 200,
      account: { deactivated: true },
    })
    expect(await act('reactivate-account', { did })).toMatchObject({
      status: 200,
      account: { deactivated: false },
    })
    expect(await act('delete-account-request', { did, locale: 'en' })).toMatchObject({ status: 200 })
    const [last = ''] = await codes(who, 'delete-account')
    expect(
      await act('delete-account-confirm', { did, password: 'a wrong password', token: last }),
    ).toMatchObject({
      status: 400,
    })
    expect(await act('delete-account-confirm', { did, password, token: last })).toMatchObject({ status: 200 })
    const { rows } = await sql`SELECT FROM oauth_account_device WHERE did = ${did}`.execute(house.db)
    expect(rows).toEqual([])
    expect(await signIn(who)).toMatchObject({ status: 400 })
  })
})
