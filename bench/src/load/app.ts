import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { type Dispatcher, request } from 'undici'
import type { Account, House } from './house.ts'

const redirectUri = 'http://127.0.0.1/callback'
const scope = 'atproto transition:generic'
const clientId = `http://localhost?${new URLSearchParams({ redirect_uri: redirectUri, scope })}`

/** An app on somebody's own machine (OAuth), with one key for all its sessions; both sides' providers let it in by the same steps. */
export class App {
  readonly #origin: string
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  readonly #jwk = this.#pair.publicKey.export({ format: 'jwk' })
  /** The last that the house has given out. */
  #nonce: string | undefined

  constructor(house: House) {
    this.#origin = house.side.url
  }

  /** The access token that an account's password gets it. */
  async letIn({ handle, password }: Account): Promise<string> {
    const verifier = randomBytes(32).toString('base64url')
    const pushed = await this.#ask('/oauth/par', {
      ...{ client_id: clientId, redirect_uri: redirectUri, scope, response_type: 'code', state: 'bench' },
      ...{ code_challenge: sha256(verifier), code_challenge_method: 'S256' },
    })
    const params = { client_id: clientId, request_uri: String(pushed['request_uri']) }
    const page = `${this.#origin}/oauth/authorize?${new URLSearchParams(params)}`
    const cookies = new Map<string, string>()
    await (await visit(page, cookies)).body.dump()
    const call = (endpoint: string, body: object, bearer?: unknown) =>
      callPrivateApi(`${this.#origin}/@atproto/oauth-provider/~api/${endpoint}`, {
        page,
        cookies,
        body,
        bearer,
      })
    const signedIn = await call('sign-in', { locale: 'en', username: handle, password })
    const { did } = signedIn['account'] as { did: string }
    const { url } = await call('consent', { did }, signedIn['ephemeralToken'])
    const sentBack = await visit(String(url), cookies, { referer: page, 'sec-fetch-site': 'same-origin' })
    await sentBack.body.dump()
    const code = new URL(String(sentBack.headers['location'])).searchParams.get('code') ?? ''
    const grant = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    }
    const { access_token } = await this.#ask('/oauth/token', { ...grant, client_id: clientId })
    return String(access_token)
  }

  /** What a request brings: a proof is good for one. */
  credentials(accessToken: string, { method, path }: { method: string; path: string }) {
    const proof = this.#proof({ htm: method, htu: `${this.#origin}${path}`, ath: sha256(accessToken) })
    return { authorization: `DPoP ${accessToken}`, dpop: proof }
  }

  /** A nonce is good for minutes: before many proofs are made, another is asked for. */
  async freshNonce(accessToken: string): Promise<void> {
    const path = '/xrpc/com.atproto.server.getSession'
    const headers = this.credentials(accessToken, { method: 'GET', path })
    const answer = await request(`${this.#origin}${path}`, { headers })
    await answer.body.dump()
    this.#keepNonce(answer)
  }

  /** A form to one of the provider's own addresses; once more with the nonce that it asks for. */
  async #ask(path: string, form: Record<string, string>): Promise<Record<string, unknown>> {
    for (let tries = 0; ; tries++) {
      const dpop = this.#proof({ htm: 'POST', htu: `${this.#origin}${path}` })
      const headers = { 'content-type': 'application/x-www-form-urlencoded', dpop }
      const body = new URLSearchParams(form).toString()
      const answer = await request(`${this.#origin}${path}`, { method: 'POST', headers, body })
      this.#keepNonce(answer)
      const json = (await answer.body.json()) as Record<string, unknown>
      if (answer.statusCode < 300) return json
      if (tries > 0 || json['error'] !== 'use_dpop_nonce') throw new Error(`${path}: ${JSON.stringify(json)}`)
    }
  }

  #keepNonce({ headers }: Dispatcher.ResponseData): void {
    const nonce = headers['dpop-nonce']
    if (typeof nonce === 'string') this.#nonce = nonce
  }

  #proof(claims: { htm: string; htu: string; ath?: string }): string {
    const { kty, crv, x, y } = this.#jwk
    const iat = Math.floor(Date.now() / 1000)
    const payload = { ...claims, iat, jti: randomBytes(12).toString('base64url'), nonce: this.#nonce }
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
    const text = [header, payload]
      .map((it) => Buffer.from(JSON.stringify(it)).toString('base64url'))
      .join('.')
    const signature = sign('sha256', Buffer.from(text), {
      key: this.#pair.privateKey,
      dsaEncoding: 'ieee-p1363',
    })
    return `${text}.${signature.toString('base64url')}`
  }
}

type Cookies = Map<string, string>

/** As a browser goes to a page. */
async function visit(url: string, cookies: Cookies, more: Record<string, string> = {}) {
  const navigating = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }
  const headers = { ...navigating, accept: 'text/html', cookie: cookieHeader(cookies), ...more }
  const answer = await request(url, { headers })
  keepCookies(answer, cookies)
  return answer
}

interface PageCall {
  readonly page: string
  readonly cookies: Cookies
  readonly body: object
  readonly bearer: unknown
}

/** As the provider's page calls its server. */
async function callPrivateApi(url: string, { page, cookies, body, bearer }: PageCall) {
  const answer = await request(url, {
    method: 'POST',
    headers: {
      ...(typeof bearer === 'string' && { authorization: `Bearer ${bearer}` }),
      ...{ 'content-type': 'application/json', cookie: cookieHeader(cookies) },
      ...{ 'sec-fetch-mode': 'same-origin', 'sec-fetch-site': 'same-origin' },
      ...{ origin: new URL(page).origin, referer: page, 'x-csrf-token': cookies.get('csrf-token') ?? '' },
    },
    body: JSON.stringify(body),
  })
  keepCookies(answer, cookies)
  const json = (await answer.body.json()) as Record<string, unknown>
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${JSON.stringify(json)}`)
  return json
}

function cookieHeader(cookies: Cookies): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
}

function keepCookies({ headers }: Dispatcher.ResponseData, cookies: Cookies): void {
  for (const line of [headers['set-cookie'] ?? []].flat()) {
    const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
    cookies.set(name, value)
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
