import { JoseKey, type Key } from '@atproto/oauth-client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HttpsWeb, httpsWeb } from './https-web.ts'
import { challenge, push } from './oauth-by-hand.ts'
import {
  consent,
  letIn,
  loopbackApp,
  newMember,
  postProven,
  sentBack,
  signedIn,
  type TestApp,
  TestBrowser,
} from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'
import { webApp } from './oauth-web-app.ts'

let opened: AsyncDisposableStack
let house: OAuthHouse
let web: HttpsWeb
let key: Key
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  house = opened.use(await oauthHouse(opened.use(await houseGround())))
  web = opened.use(await httpsWeb())
  key = await JoseKey.generate(['ES256'], 'app')
})
afterAll(() => opened.disposeAsync())

const where = () => ({ plcUrl: house.plcUrl, origin: house.herons })
const appOn = (about: object, options?: Parameters<typeof webApp>[2]) =>
  webApp({ ...where(), web, key }, about, options)
const post = { $type: 'app.bsky.feed.post', text: 'Hello', createdAt: new Date().toISOString() }

describe('an app', () => {
  test.each(['ES256', 'ES256K'])(
    'of somebody’s own machine is let in, writes, refreshes, and is out when it signs out (%s)',
    async (dpopAlg) => {
      const who = await newMember(house.herons)
      const app = loopbackApp({ ...where(), scope: 'atproto transition:generic', dpopAlg })
      const session = await signedIn({ browser: new TestBrowser(), app, origin: house.herons, ...who })
      expect(session.did).toBe(who.did)
      const write = () =>
        session.fetchHandler('/xrpc/com.atproto.repo.createRecord', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ repo: who.did, collection: 'app.bsky.feed.post', record: post }),
        })
      const written = await write()
      expect(written.status, await written.text()).toBe(200)
      const before = app.sessions.get(who.did)?.tokenSet
      const after = await session.getTokenInfo(true)
      expect(after.sub).toBe(who.did)
      const now = app.sessions.get(who.did)?.tokenSet
      expect(now?.refresh_token).not.toBe(before?.refresh_token)
      expect(now?.access_token).not.toBe(before?.access_token)
      expect((await write()).status).toBe(200)
      const refreshed = { ...now }
      await session.signOut()
      const answer = await refresh({
        app,
        refresh_token: refreshed.refresh_token ?? '',
        key: await keyOf(before, app),
      })
      expect([answer.status, answer.json['error']]).toEqual([400, 'invalid_grant'])
    },
  )

  test('with a key of its own (private_key_jwt) is let in once, and then without a question', async () => {
    const who = await newMember(house.herons)
    const browser = new TestBrowser()
    const app = appOn({}, { isConfidential: true })
    await expect(signedIn({ browser, app, origin: house.herons, ...who })).resolves.toMatchObject({
      did: who.did,
    })
    // Not remembered by the browser so far: whoever has only signed in for one app is asked again.
    const none = await app.client.authorize(who.username, { prompt: 'none' })
    expect(sentBack(await through(browser, none)).get('error')).toBe('login_required')
    await remember(browser, app, who)
    const again = await app.client.authorize(who.username, { prompt: 'none' })
    const params = sentBack(await through(browser, again))
    expect(params.get('error')).toBeNull()
    expect((await app.client.callback(params)).session.did).toBe(who.did)
  })

  test('that the browser’s member has not let in learns so by prompt=none; select_account, login and create ask', async () => {
    const who = await newMember(house.herons)
    const browser = new TestBrowser()
    const other = appOn({}, { isConfidential: true })
    await remember(browser, appOn({}, { isConfidential: true }), who)
    const none = sentBack(
      await through(browser, await other.client.authorize(who.username, { prompt: 'none' })),
    )
    expect(none.get('error')).toBe('consent_required')
    for (const prompt of ['select_account', 'login', 'consent', 'create'] as const) {
      const page = await browser.open((await other.client.authorize(house.herons, { prompt })).toString())
      expect([prompt, page.status]).toEqual([prompt, 200])
    }
    const nobody = await new TestBrowser().open(
      (await other.client.authorize(house.herons, { prompt: 'select_account' })).toString(),
    )
    expect([nobody.status, sentBack(nobody).get('error')]).toEqual([303, 'account_selection_required'])
  })

  test('is sent back behind a #, or by a form that posts itself, as it likes', async () => {
    const who = await newMember(house.herons)
    const browser = new TestBrowser()
    const app = appOn({})
    const fragment = await letInBy(browser, app, who, 'fragment')
    expect(new URL(fragment.headers.location ?? '').hash).toContain('code=cod-')
    const form = await letInBy(browser, app, who, 'form_post')
    expect([form.status, form.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(form.body).toContain(`${web.origin}/callback`)
    expect(form.body).toContain('cod-')
  })

  test('of a telephone is sent back by a scheme of its own', async () => {
    const who = await newMember(house.herons)
    const about = { application_type: 'native', redirect_uris: ['org.heronry-tests.apps:/callback'] }
    const back = await letIn({ browser: new TestBrowser(), app: appOn(about), origin: house.herons, ...who })
    expect(back.headers.location).toMatch(/^org\.heronry-tests\.apps:\/callback\?/)
  })
})

async function through(browser: TestBrowser, url: URL) {
  const answer = await browser.open(url.toString())
  const next = answer.headers.location
  return next?.startsWith(house.herons)
    ? await browser.open(next, { 'sec-fetch-site': 'same-origin' })
    : answer
}

/** Signs in so that the browser knows the member from then on, and lets the app in. */
async function remember(
  browser: TestBrowser,
  app: TestApp,
  who: { username: string; password: string; did: string },
) {
  const page = (await app.client.authorize(house.herons)).toString()
  await browser.open(page)
  const { username, password } = who
  const answer = await browser.call(page, 'sign-in', {
    body: { locale: 'en', username, password, remember: true },
  })
  expect(answer.status).toBe(200)
  await app.client.callback(sentBack(await consent({ browser, page, did: who.did })))
}

/** With a mode that the app's own software has no use for. */
async function letInBy(
  browser: TestBrowser,
  app: TestApp,
  who: { username: string; password: string },
  mode: 'fragment' | 'form_post',
) {
  const { client_id, redirect_uris } = app.client.clientMetadata
  const key = await JoseKey.generate(['ES256'])
  const asked = await push(house.herons, key, {
    ...{ client_id, response_type: 'code', scope: 'atproto', response_mode: mode, state: 'a state of ours' },
    redirect_uri: redirect_uris[0],
    ...challenge,
  })
  const page = `${house.herons}/oauth/authorize?${new URLSearchParams({ client_id, request_uri: asked })}`
  await browser.open(page)
  const body = { locale: 'en', username: who.username, password: who.password }
  const { json } = await browser.call<{ account: { did: string }; ephemeralToken: string }>(page, 'sign-in', {
    body,
  })
  return await consent({ browser, page, did: json.account.did, bearer: json.ephemeralToken })
}

async function keyOf(_tokens: unknown, app: TestApp): Promise<Key> {
  const [session] = [...app.sessions.values()]
  return session === undefined ? await JoseKey.generate(['ES256']) : JoseKey.fromJWK(session.dpopJwk as never)
}

async function refresh({ app, refresh_token, key }: { app: TestApp; refresh_token: string; key: Key }) {
  const url = `${house.herons}/oauth/token`
  const { client_id } = app.client.clientMetadata
  const form = { grant_type: 'refresh_token', refresh_token, client_id }
  const { nonce } = await postProven(url, form, { key })
  return await postProven(url, form, { key, nonce })
}
