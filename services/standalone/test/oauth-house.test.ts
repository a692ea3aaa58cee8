import { JoseKey, type Key } from '@atproto/oauth-client-node'
import { freePorts } from '@heronry/testing/free-ports'
import { testRedis } from '@heronry/testing/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HttpsWeb, httpsWeb } from './https-web.ts'
import { challenge, heldCode, loopbackId, pushed } from './oauth-by-hand.ts'
import { newMember, postProven, TestBrowser } from './oauth-client.ts'
import { houseGround, type OAuthHouse, oauthHouse } from './oauth-house.ts'
import { webApp } from './oauth-web-app.ts'

let opened: AsyncDisposableStack
let house: OAuthHouse
let second: OAuthHouse
let web: HttpsWeb
let key: Key
beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const redis = opened.use(await testRedis())
  const ground = opened.use(await houseGround({ HERONRY_REDIS_URL: redis.url }))
  house = opened.use(await oauthHouse(ground))
  second = opened.use(await oauthHouse(ground, { port: (await freePorts(1))[0] ?? 0 }))
  web = opened.use(await httpsWeb())
  key = await JoseKey.generate(['ES256'], 'app')
})
afterAll(() => opened.disposeAsync())

const where = () => ({ plcUrl: house.plcUrl, origin: house.herons })
const appOn = (about: object, options?: Parameters<typeof webApp>[2]) =>
  webApp({ ...where(), web, key }, about, options)

describe('what comes twice', () => {
  test('a code that is redeemed twice at once is redeemed once; shown again later, it ends the session', async () => {
    const who = await newMember(house.herons)
    const { redeem, refreshWith } = await heldCode(house.herons, who)
    const answers = await Promise.all([redeem(), redeem()])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
    const won = answers.find(({ status }) => status === 200)?.json['refresh_token'] ?? ''
    const late = await redeem()
    expect([late.status, late.json['error']]).toEqual([400, 'invalid_grant'])
    expect((await refreshWith(won)).json['error']).toBe('invalid_grant')
  })

  test('of two refreshes at once with one token one wins, the other may come again, and no session is lost', async () => {
    const who = await newMember(house.herons)
    const { redeem, refreshWith } = await heldCode(house.herons, who)
    const first = (await redeem()).json['refresh_token'] ?? ''
    const answers = await Promise.all([refreshWith(first), refreshWith(first)])
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, 503])
    const next = answers.find(({ status }) => status === 200)?.json['refresh_token'] ?? ''
    expect((await refreshWith(next)).status).toBe(200)
  })

  test('a proof counts once, at whichever process of the house it is shown', async () => {
    const key = await JoseKey.generate(['ES256'])
    const form = {
      grant_type: 'refresh_token',
      refresh_token: `ref-${'0'.repeat(64)}`,
      client_id: loopbackId,
    }
    const url = `${house.herons}/oauth/token`
    const { nonce, json } = await postProven(url, form, { key })
    expect(json['error']).toBe('use_dpop_nonce')
    const proof = { key, nonce, jti: 'once' }
    expect((await postProven(url, form, proof)).json['error']).toBe('invalid_grant')
    expect((await postProven(url, form, proof)).json).toMatchObject({
      error_description: 'DPoP proof replayed',
    })
    const elsewhere = second.herons.replace('localhost', '127.0.0.1')
    const again = await postProven(url, form, proof, { at: elsewhere })
    expect(again.json).toMatchObject({ error_description: 'DPoP proof replayed' })
  })
})

describe('clocks', () => {
  test.each([
    [-180, 'invalid_grant'],
    [175, 'invalid_grant'],
    [-200, 'invalid_dpop_proof'],
    [190, 'invalid_dpop_proof'],
  ])('a proof that is dated %i s off is answered %s', async (aheadS, error) => {
    const key = await JoseKey.generate(['ES256'])
    const form = {
      grant_type: 'refresh_token',
      refresh_token: `ref-${'0'.repeat(64)}`,
      client_id: loopbackId,
    }
    const url = `${house.herons}/oauth/token`
    const { nonce } = await postProven(url, form, { key })
    const { json } = await postProven(url, form, { key, nonce, aheadS })
    expect(json['error']).toBe(error)
    if (error === 'invalid_dpop_proof')
      expect(json['error_description']).toContain('clock of the client is off')
  })

  test.each([
    [-250, 400],
    [-230, 201],
    [170, 201],
    [190, 400],
  ])('a client’s own signature that is dated %i s off is answered %i', async (aheadS, status) => {
    const app = appOn({}, { isConfidential: true })
    const { client_id } = app.client.clientMetadata
    const iat = Math.floor(Date.now() / 1000) + aheadS
    const assertion = await key.createJwt(
      { alg: 'ES256', kid: 'app' } as never,
      { iss: client_id, sub: client_id, aud: house.herons, jti: `${aheadS}`, iat, exp: iat + 60 } as never,
    )
    const answer = await pushed(house.herons, await JoseKey.generate(['ES256']), {
      ...{ client_id, response_type: 'code', scope: 'atproto', redirect_uri: `${web.origin}/callback` },
      ...challenge,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    })
    expect(answer.status, JSON.stringify(answer.json)).toBe(status)
    if (status === 400) expect(answer.json['error_description']).toContain('clock of the client is off')
  })
})

describe('two communities of one house', () => {
  test('differ in issuer, brand and who is let in, and share keys', async () => {
    const about = async (origin: string) => {
      const answer = await new TestBrowser().send(`${origin}/.well-known/oauth-authorization-server`)
      return JSON.parse(answer.body) as { issuer: string; protected_resources: string[] }
    }
    expect((await about(house.herons)).issuer).toBe(house.herons)
    expect(await about(house.storks)).toMatchObject({
      issuer: house.storks,
      protected_resources: [house.storks],
    })
    const pages = await Promise.all(
      [house.herons, house.storks].map((origin) => new TestBrowser().open(`${origin}/account`)),
    )
    expect(
      pages.map(({ body }) => ['The Herons', 'The Storks'].filter((name) => body.includes(name))),
    ).toEqual([['The Herons'], ['The Storks']])
    const keys = await new TestBrowser().send(`${house.storks}/oauth/jwks`)
    expect(JSON.parse(keys.body).keys).toMatchObject([{ kty: 'EC', crv: 'P-256', kid: 'first' }])
    expect(keys.body).not.toContain('"d"')
  })

  test('take nothing of each other: no password, no browser session, no refresh token', async () => {
    const who = await newMember(house.herons)
    const browser = new TestBrowser()
    const { redeem } = await heldCode(house.herons, who, { browser, remember: true })
    const { json } = await redeem()
    const page = `${house.storks}/account`
    await browser.open(page)
    const { username, password } = who
    const signIn = await browser.call(page, 'sign-in', { body: { locale: 'en', username, password } })
    expect(signIn.status).toBe(400)
    expect((await browser.call(page, 'device-sessions', {})).json).toEqual([])
    const url = `${house.storks}/oauth/token`
    const key = await JoseKey.generate(['ES256'])
    const form = {
      grant_type: 'refresh_token',
      refresh_token: json['refresh_token'] ?? '',
      client_id: loopbackId,
    }
    const { nonce } = await postProven(url, form, { key })
    expect((await postProven(url, form, { key, nonce })).json['error']).toBe('invalid_grant')
  })
})
