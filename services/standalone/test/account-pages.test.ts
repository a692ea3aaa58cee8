import { JoseKey } from '@atproto/oauth-client-node'
import { totpCode, totpStep } from '@heronry/accounts/totp'
import { pageFormBytesMax } from '@heronry/entryway/limits'
import { pageRateLimits } from '@heronry/entryway/rate-limits'
import { createAuthenticator } from '@heronry/testing/authenticator'
import { base32Bytes } from '@heronry/testing/base32'
import { freePorts } from '@heronry/testing/free-ports'
import { didKeyOfPrivateKey, generatePrivateKey } from '@heronry/vault/secp256k1'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challenge, loopbackId, push } from './oauth-by-hand.ts'
import { newMember } from './oauth-client.ts'
import { type HouseGround, houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'
import { confirmedMember, PageVisitor, visitingMember } from './page-visitor.ts'

let house: OAuthHouse
let ground: HouseGround
const opened = new AsyncDisposableStack()
beforeAll(async () => {
  ground = opened.use(await houseGround({ PDS_RATE_LIMITS_ENABLED: 'true' }))
  house = opened.use(await oauthHouse(ground))
})
afterAll(() => opened.disposeAsync())

const sections = [
  '',
  '/passkeys',
  '/two-factor',
  '/app-passwords',
  '/recovery-keys',
  '/invites',
  '/export',
  '/confirm',
]

async function logIn({ username }: { username: string }, password: string) {
  const answer = await fetch(`${house.herons}/xrpc/com.atproto.server.createSession`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ identifier: username, password }),
  })
  const body = (await answer.json()) as { error?: string }
  return body.error ?? answer.status
}

describe('the pages', () => {
  test('are for who is signed in: of his own account, at his own community', async () => {
    const [one, other] = [await visitingMember(house.herons), await newMember(house.herons)]
    for (const section of sections) {
      const { status, headers, body } = await one.visitor.get(`${one.base}${section}`)
      expect([section, status]).toEqual([section, 200])
      expect(headers['content-security-policy']).toContain(
        "default-src 'none'; script-src 'self'; style-src 'self';",
      )
      expect(headers['cache-control']).toBe('no-store')
      expect(body).not.toMatch(
        /<script(?! src="\/account\/security\/passkey\.js" defer>)|<style| style=| on[a-z]+="/,
      )
      for (const did of [other.did, 'did:plc:nobody', 'x']) {
        expect((await one.visitor.get(`/account/security/${did}${section}`)).status).toBe(401)
      }
      expect((await new PageVisitor(house.herons).get(`${one.base}${section}`)).status).toBe(401)
      expect((await new PageVisitor(house.storks).get(`${one.base}${section}`)).status).toBe(401)
    }
    const first = await one.visitor.get('/account/security')
    expect([first.status, first.headers.location]).toEqual([303, one.base])
  })

  test('are gone for who is taken down', async () => {
    const one = await visitingMember(house.herons)
    await house.db.updateTable('actor').set({ takedown_ref: 'spam' }).where('did', '=', one.did).execute()
    expect((await one.visitor.get(`${one.base}/export`)).status).toBe(401)
  })

  test('take their own forms only: by the token, and by where they come from', async () => {
    const { visitor, base, password } = await confirmedMember(house.herons)
    const add = (fields: Record<string, string>, headers?: Record<string, string>) =>
      visitor.post(`${base}/app-passwords/add`, { name: 'forged', ...fields }, headers)
    expect((await add({ token: '' })).status).toBe(403)
    expect((await add({ token: 'x'.repeat(22) })).status).toBe(403)
    expect((await add({}, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await add({}, { origin: 'null' })).status).toBe(403)
    expect((await add({}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await add({}, { 'sec-fetch-site': 'same-site' })).status).toBe(403)
    expect((await visitor.post(`${base}/confirm`, { password, token: '' })).status).toBe(403)
    expect((await visitor.get(`${base}/app-passwords`)).body).not.toContain('forged')
  })

  test('have what a stranger has written as text', async () => {
    const { visitor, base } = await confirmedMember(house.herons)
    const name = `"><script>alert('1')</script>`
    const { body } = await visitor.submit(`${base}/app-passwords/add`, { name })
    const list = await visitor.get(`${base}/app-passwords`)
    for (const text of [body, list.body]) {
      expect(text).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)')
      expect(text).not.toContain('<script>')
    }
  })

  test('ask for the password once more before anything of weight, and take no other', async () => {
    const one = await visitingMember(house.herons)
    const { visitor, base, password } = one
    const asked = await visitor.post(`${base}/two-factor/begin-app`)
    expect([asked.status, asked.headers.location]).toEqual([303, `${base}/confirm?next=two-factor`])
    const wrong = await visitor.post(`${base}/confirm`, { password: 'guess', next: 'two-factor' })
    expect([wrong.status, wrong.body]).toEqual([401, expect.stringContaining('Invalid password')])
    expect((await visitor.post(`${base}/two-factor/begin-app`)).status).toBe(303)
    const right = await visitor.post(`${base}/confirm`, { password, next: 'two-factor' })
    expect(right.headers.location).toBe(`${base}/two-factor`)
    expect((await visitor.post(`${base}/two-factor/begin-app`)).status).toBe(200)
    // Of one account it says nothing about another.
    const other = await visitingMember(house.herons)
    await visitor.signIn(other)
    expect((await visitor.post(`${base}/two-factor/new-codes`)).status).toBe(400)
    expect((await visitor.post(`${other.base}/two-factor/new-codes`)).status).toBe(303)
  })
})

describe('app passwords', () => {
  test('are shown once, open sessions, are narrowed, and are revoked', async () => {
    const one = await confirmedMember(house.herons)
    const { visitor, base } = one
    const path = `${base}/app-passwords`
    const secretIn = (body: string) => /class="code">([a-z2-7-]{19})</.exec(body)?.[1] ?? ''
    const secret = secretIn((await visitor.submit(`${path}/add`, { name: 'reader' })).body)
    expect(await logIn(one, secret)).toBe(200)
    const permissions = 'repo:app.bsky.feed.post\nblob:image/*'
    const narrowed = await visitor.submit(`${path}/add`, { name: 'bot', permissions })
    expect(await logIn(one, secretIn(narrowed.body))).toBe(200)
    const list = (await visitor.get(path)).body
    expect(list).not.toContain(secret)
    expect(list).toContain('<code>repo:app.bsky.feed.post blob:image/*</code>')
    const wrong = await visitor.submit(`${path}/add`, { name: 'x', permissions: 'nonsense' })
    expect([wrong.status, wrong.body]).toEqual([
      400,
      expect.stringContaining('No permission of an app password'),
    ])
    expect((await visitor.submit(`${path}/add`, { name: 'bot' })).body).toContain('of that name already')
    const revoked = await visitor.submit(`${path}/revoke`, { name: 'reader' })
    expect(revoked.body).toContain('The app password was revoked')
    expect(await logIn(one, secret)).toBe('AuthenticationRequired')
  })
})

describe('two-factor sign-in', () => {
  test('begins with a picture and a key, and asks for codes from the first right one on', async () => {
    const one = await confirmedMember(house.herons)
    const { visitor, base, password } = one
    const path = `${base}/two-factor`
    const begun = await visitor.submit(`${path}/begin-app`)
    expect(begun.body).toContain('<svg class="qr"')
    const key = /class="code">([A-Z2-7 ]+)</.exec(begun.body)?.[1] ?? ''
    const code = totpCode(base32Bytes(key.replaceAll(' ', '')), totpStep(Date.now()))
    const wrong = await visitor.submit(`${path}/confirm-app`, { code: code === '000000' ? '1' : '000000' })
    expect(wrong.body).toContain('The code was wrong')
    expect(wrong.body).not.toContain(key)
    expect(await logIn(one, password)).toBe(200)
    const confirmed = await visitor.submit(`${path}/confirm-app`, { code })
    expect(confirmed.body.match(/<li>[a-z2-7-]{19}<\/li>/g)).toHaveLength(10)
    expect(await logIn(one, password)).toBe('AuthFactorTokenRequired')
    // The provider's page has no field for such codes; ours has, and signs in where the app's request was left.
    const stranger = new PageVisitor(house.herons)
    const authorize = await someRequest()
    await stranger.get(authorize)
    const page = await stranger.get('/account/security/sign-in')
    const [, kept = ''] = /name="return_to" value="([^"]+)"/.exec(page.body) ?? []
    const recovery = /<li>([a-z2-7-]{19})<\/li>/.exec(confirmed.body)?.[1] ?? ''
    const return_to = kept.replaceAll('&amp;', '&')
    const attempt = { username: `@${one.username}`, password, return_to }
    const asked = await stranger.post('/account/security/sign-in', attempt)
    expect([asked.status, asked.body]).toEqual([
      401,
      expect.stringContaining('code of your authenticator app'),
    ])
    const guess = await stranger.post('/account/security/sign-in', {
      ...attempt,
      password: 'x',
      code: recovery,
    })
    expect(guess.status).toBe(401)
    const signedIn = await stranger.post('/account/security/sign-in', { ...attempt, code: recovery })
    expect([signedIn.status, signedIn.headers.location]).toEqual([303, authorize])
    expect((await stranger.get(authorize)).body).toContain(one.did)
    expect((await stranger.get('/account/security')).headers.location).toBe(base)
    const renewed = await visitor.submit(`${path}/new-codes`)
    expect(renewed.body.match(/<li>[a-z2-7-]{19}<\/li>/g)).toHaveLength(10)
    expect((await visitor.submit(`${path}/remove-app`)).body).toContain('The authenticator app was removed.')
    expect(await logIn(one, password)).toBe(200)
  })

  test('by e-mail needs a confirmed address', async () => {
    const one = await confirmedMember(house.herons)
    const { visitor, base, password, did } = one
    const path = `${base}/two-factor`
    expect((await visitor.submit(`${path}/email-on`)).body).toContain('must be confirmed first')
    const { id } = await house.db
      .selectFrom('actor')
      .select('id')
      .where('did', '=', did)
      .executeTakeFirstOrThrow()
    await house.db
      .updateTable('account')
      .set({ email_confirmed_at: new Date() })
      .where('actor_id', '=', id)
      .execute()
    expect((await visitor.submit(`${path}/email-on`)).body).toContain('from now on')
    expect(await logIn(one, password)).toBe('AuthFactorTokenRequired')
    expect((await visitor.submit(`${path}/email-off`)).body).toContain('any more')
    expect(await logIn(one, password)).toBe(200)
  })
})

describe('recovery keys', () => {
  test('are added and removed with a code by mail', async () => {
    const { visitor, base, did } = await confirmedMember(house.herons)
    const path = `${base}/recovery-keys`
    const key = didKeyOfPrivateKey(generatePrivateKey())
    const mailedCode = async () => {
      expect((await visitor.submit(`${path}/mail`)).body).toContain('A code is on its way')
      const jobs = house.db.selectFrom('job_outbox').select('payload').where('label', '=', 'plc-operation')
      const mails = (await jobs.orderBy('id', 'desc').execute()) as { payload: { mail: { code: string } } }[]
      return mails[0]?.payload.mail.code ?? ''
    }
    const wrong = await visitor.submit(`${path}/add`, { key, code: 'AAAAA-AAAAA' })
    expect(wrong.body).toContain('Token is invalid')
    expect((await visitor.submit(`${path}/add`, { key, code: await mailedCode() })).body).toContain(
      'Your key was added',
    )
    const keys = async () =>
      ((await (await fetch(`${house.plcUrl}/${did}/data`)).json()) as { rotationKeys: string[] }).rotationKeys
    expect((await keys())[0]).toBe(key)
    expect((await visitor.get(path)).body).toContain(key)
    await visitor.submit(`${path}/remove`, { key, code: await mailedCode() })
    expect(await keys()).not.toContain(key)
  })

  test('are mailed about five times an hour at most', async () => {
    const { visitor, base } = await confirmedMember(house.herons)
    const statuses: number[] = []
    for (let times = 0; times < 6; times++)
      statuses.push((await visitor.post(`${base}/recovery-keys/mail`)).status)
    expect(statuses).toEqual([303, 303, 303, 303, 303, 429])
  })
})

test.each([
  ['Sign in with a passkey', '/account/passkey'],
  ['Sign in with an authenticator app', '/account/security/sign-in'],
])('each page of the provider has a link: %s', async (title, path) => {
  const link = JSON.stringify({ title, href: `${house.herons}${path}` })
  for (const page of ['/account', '/account/sign-in', await someRequest()]) {
    const { body } = await new PageVisitor(house.herons).get(page)
    expect(body).toContain(JSON.stringify(link).slice(1, -1))
  }
})

/** Where an app sends its user. */
async function someRequest(): Promise<string> {
  const client_id = loopbackId
  const form = {
    client_id,
    redirect_uri: 'http://127.0.0.1:9/callback',
    response_type: 'code',
    scope: 'atproto',
  }
  const key = await JoseKey.generate(['ES256'])
  const request_uri = await push(house.herons, key, { ...form, ...challenge })
  return `/oauth/authorize?${new URLSearchParams({ client_id, request_uri })}`
}

describe('a passkey', () => {
  test('is added and named by its owner, and signs in where the app’s request was left', async () => {
    const one = await confirmedMember(house.herons)
    const { visitor, base, did } = one
    const key = createAuthenticator({ origin: house.herons, rpId: 'localhost' })
    const options = await visitor.ask(`${base}/passkeys/options`)
    const answer = key.create(options.body)
    const added = await visitor.ask(`${base}/passkeys/register`, { name: 'laptop', answer })
    expect(added).toEqual({ status: 200, body: { to: `${base}/passkeys?done=added` } })
    expect((await visitor.get(`${base}/passkeys?done=added`)).body).toContain('The passkey was added.')
    await visitor.submit(`${base}/passkeys/rename`, { id: key.id, name: 'old laptop' })
    expect((await visitor.get(`${base}/passkeys`)).body).toContain('old laptop')

    const stranger = new PageVisitor(house.herons)
    await stranger.get('/oauth/authorize?client_id=a&request_uri=b')
    const page = await stranger.get('/account/passkey')
    expect(page.body).toContain('name="return_to" value="/oauth/authorize?client_id=a&amp;request_uri=b"')
    const asked = await stranger.ask('/account/passkey/options')
    const signIn = { answer: key.get(asked.body), return_to: '//evil.example/' }
    expect(await stranger.ask('/account/passkey/sign-in', signIn)).toEqual({
      status: 200,
      body: { to: '/account' },
    })
    expect((await stranger.get('/account/security')).headers.location).toBe(base)
    expect((await stranger.ask('/account/passkey/sign-in', signIn)).status).toBe(401)

    const confirming = await stranger.ask(`${base}/confirm/options`)
    const shown = { answer: key.get(confirming.body), next: 'passkeys' }
    expect((await stranger.ask(`${base}/confirm/passkey`, shown)).body).toEqual({ to: `${base}/passkeys` })
    expect((await stranger.submit(`${base}/passkeys/remove`, { id: key.id })).body).toContain(
      'The passkey was removed',
    )
    const again = await stranger.ask('/account/passkey/options')
    const refused = await stranger.ask('/account/passkey/sign-in', { answer: key.get(again.body) })
    expect(refused).toMatchObject({ status: 401, body: { error: 'AuthenticationRequired' } })
    expect(did).toBe(one.did)
  })

  test('is not begun by who has not shown his password lately, nor signs in by what no page has sent', async () => {
    const { visitor, base } = await visitingMember(house.herons)
    expect((await visitor.ask(`${base}/passkeys/options`)).status).toBe(401)
    for (const path of ['/account/passkey/options', '/account/passkey/sign-in']) {
      expect((await visitor.ask(path, { token: '' })).status).toBe(403)
    }
    expect((await visitor.ask('/account/passkey/sign-in', { answer: { id: 'x' } })).status).toBe(401)
  })
})

test('a form of 32 kB is read, a longer one is not', async () => {
  const { visitor, base } = await visitingMember(house.herons)
  const empty = new URLSearchParams({ token: visitor.token, name: '' }).toString().length
  const sent = (bytes: number) =>
    visitor.post(`${base}/app-passwords/revoke`, { name: 'n'.repeat(bytes - empty) })
  expect((await sent(pageFormBytesMax)).status).toBe(303)
  expect((await sent(pageFormBytesMax + 1)).status).toBe(400)
})

test('an address looks at pages, and sends forms, as often as people do', async () => {
  const [port = 0] = await freePorts(1)
  // Another process of the house, which has counted nothing yet.
  await using fresh = await oauthHouse(ground, { port })
  const ask = async (method: 'GET' | 'POST', url: string) =>
    (await fresh.app.inject({ method, url, headers: { host: 'localhost' } })).statusCode
  for (const [method, url, { limit }, status] of [
    ['GET', '/account/passkey', pageRateLimits.shown[0], 200],
    ['POST', '/account/passkey/options', pageRateLimits.sent[0], 403],
  ] as const) {
    const statuses = new Set<number>()
    for (let time = 0; time < limit; time++) statuses.add(await ask(method, url))
    expect([...statuses]).toEqual([status])
    expect(await ask(method, url)).toBe(429)
  }
})
