import { hash, randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import {
  JoseKey,
  type Key,
  NodeOAuthClient,
  type NodeSavedSession,
  type NodeSavedState,
} from '@atproto/oauth-client-node'

/** What a page of the provider, or its private API, answers. */
export interface PageAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/**
 * A browser as far as the provider looks at one: it keeps cookies and says what a request is for. Not by fetch, which writes `sec-fetch-mode`
 * itself.
 */
export class TestBrowser {
  readonly #cookies = new Map<string, string>()

  readonly userAgent: string

  constructor(userAgent = 'Mozilla/5.0 (X11; Linux x86_64) Heron/1.0') {
    this.userAgent = userAgent
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#cookies
  }

  /** Goes to a page, as by a link. */
  open(url: string, headers: Record<string, string> = {}): Promise<PageAnswer> {
    return this.send(url, { headers: { ...navigating, ...headers } })
  }

  /** Calls the private API, as the page at `page` does. */
  async call<Answer = Record<string, unknown>>(
    page: string,
    endpoint: string,
    {
      body,
      bearer,
      headers,
    }: { body?: object; bearer?: string | undefined; headers?: Record<string, string> },
  ): Promise<{ status: number; json: Answer; headers: IncomingHttpHeaders }> {
    const { origin } = new URL(page)
    const answer = await this.send(`${origin}/@atproto/oauth-provider/~api/${endpoint}`, {
      method: body === undefined ? 'GET' : 'POST',
      body: body && JSON.stringify(body),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        'sec-fetch-mode': 'same-origin',
        'sec-fetch-site': 'same-origin',
        'x-csrf-token': this.#cookies.get('csrf-token') ?? '',
        referer: page,
        origin,
        ...headers,
      },
    })
    return {
      status: answer.status,
      headers: answer.headers,
      json: JSON.parse(answer.body || 'null') as Answer,
    }
  }

  send(
    url: string,
    options: { method?: string; headers?: Record<string, string>; body?: string | undefined } = {},
  ): Promise<PageAnswer> {
    const { method = 'GET', headers = {}, body } = options
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    return new Promise((resolve, reject) => {
      const request = httpRequest(reachable(url), {
        method,
        agent: false,
        headers: {
          host: new URL(url).host,
          'user-agent': this.userAgent,
          ...(cookie && { cookie }),
          ...headers,
        },
      })
      request.on('error', reject).on('response', (response) => {
        for (const line of response.headers['set-cookie'] ?? []) this.#keep(line)
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        })
      })
      request.end(body)
    })
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';')
    const at = pair.indexOf('=')
    const value = decodeURIComponent(pair.slice(at + 1))
    if (value === '' || /max-age=0/i.test(line)) this.#cookies.delete(pair.slice(0, at))
    else this.#cookies.set(pair.slice(0, at), value)
  }
}

/** A house of tests listens on IPv4 alone. */
function reachable(url: string): string {
  return url.replace('//localhost:', '//127.0.0.1:')
}

const navigating = {
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'cross-site',
  accept: 'text/html',
}

export interface TestApp {
  readonly client: NodeOAuthClient
  /** By the DID. */
  readonly sessions: Map<string, NodeSavedSession>
  readonly states: Map<string, NodeSavedState>
}

/** An app on somebody's own machine, by the client id that names itself. */
export function loopbackApp({ scope = 'atproto', ...options }: LoopbackOptions): TestApp {
  const redirect = 'http://127.0.0.1:9/callback'
  const id = `http://localhost?${new URLSearchParams({ redirect_uri: redirect, scope })}`
  return appOf({
    ...options,
    clientMetadata: {
      client_id: id,
      redirect_uris: [redirect],
      scope,
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      dpop_bound_access_tokens: true,
    },
  })
}

interface LoopbackOptions {
  readonly plcUrl: string
  readonly scope?: string
  /** Where handles are asked for. */
  readonly origin: string
  /** Of the keys that it proves to have. */
  readonly dpopAlg?: string
}

type ClientOptions = ConstructorParameters<typeof NodeOAuthClient>[0]

export function appOf(
  options: Pick<ClientOptions, 'clientMetadata' | 'keyset' | 'responseMode'> & LoopbackOptions,
): TestApp {
  const { plcUrl, origin, dpopAlg = 'ES256', scope: _, ...about } = options
  const [states, sessions] = [new Map<string, NodeSavedState>(), new Map<string, NodeSavedSession>()]
  const client = new NodeOAuthClient({
    ...about,
    allowHttp: true,
    plcDirectoryUrl: plcUrl,
    handleResolver: origin,
    stateStore: storeIn(states),
    sessionStore: storeIn(sessions),
    runtimeImplementation: {
      requestLock: async (_name, body) => body(),
      createKey: () => JoseKey.generate([dpopAlg]),
      getRandomValues: (length) => randomBytes(length),
      digest: (bytes, { name }) => hash(name.replace('-', ''), bytes, 'buffer'),
    },
  })
  return { client, states, sessions }
}

function storeIn<Value>(map: Map<string, Value>) {
  return {
    get: async (key: string) => map.get(key),
    set: async (key: string, value: Value) => void map.set(key, value),
    del: async (key: string) => void map.delete(key),
  }
}

export interface SignIn {
  readonly browser: TestBrowser
  readonly app: TestApp
  /** The community's origin. */
  readonly origin: string
  readonly username: string
  readonly password: string
  readonly options?: Parameters<NodeOAuthClient['authorize']>[1]
}

/** Signs in and lets the app in, as somebody would with the mouse; returns where the browser is sent in the end. */
export async function letIn({
  browser,
  app,
  origin,
  username,
  password,
  options,
}: SignIn): Promise<PageAnswer> {
  const page = (await app.client.authorize(origin, options)).toString()
  await browser.open(page)
  const signedIn = await browser.call<{ account: { did: string }; ephemeralToken?: string }>(
    page,
    'sign-in',
    {
      body: { locale: 'en', username, password },
    },
  )
  if (signedIn.status !== 200) throw new Error(`sign-in: ${signedIn.status} ${JSON.stringify(signedIn.json)}`)
  const { account, ephemeralToken } = signedIn.json
  return await consent({ browser, page, did: account.did, bearer: ephemeralToken })
}

interface Consent {
  browser: TestBrowser
  page: string
  did: string
  bearer?: string | undefined
}

export async function consent({ browser, page, did, bearer }: Consent): Promise<PageAnswer> {
  const answer = await browser.call<{ url: string }>(page, 'consent', { body: { did }, bearer })
  if (answer.status !== 200) throw new Error(`consent: ${answer.status} ${JSON.stringify(answer.json)}`)
  return await browser.open(answer.json.url, { referer: page, 'sec-fetch-site': 'same-origin' })
}

/** The parameters that an answer sends the browser to the app with, in the query or behind the `#`. */
export function sentBack({ headers }: PageAnswer): URLSearchParams {
  const url = new URL(headers.location ?? '')
  return url.hash ? new URLSearchParams(url.hash.slice(1)) : url.searchParams
}

/** The whole way: an app with a session of the account. */
export async function signedIn(signIn: SignIn) {
  const params = sentBack(await letIn(signIn))
  return (await signIn.app.client.callback(params)).session
}

export interface Member {
  readonly did: string
  readonly username: string
  readonly password: string
}

let members = 0

/** Somebody new in the community that answers at `origin`. */
export async function newMember(
  origin: string,
  { domain = '.herons.test', inviteCode }: NewMember = {},
): Promise<Member> {
  const name = `member${++members}`
  const [username, password] = [`${name}${domain}`, 'a good password']
  const { status, body } = await new TestBrowser().send(`${origin}/xrpc/com.atproto.server.createAccount`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ handle: username, email: `${name}@mail.example.com`, password, inviteCode }),
  })
  if (status !== 200) throw new Error(`createAccount: ${status} ${body}`)
  return { did: (JSON.parse(body) as { did: string }).did, username, password }
}

interface NewMember {
  readonly domain?: string
  readonly inviteCode?: string
}

export interface Proof {
  readonly key: Key
  readonly nonce?: string | undefined
  readonly jti?: string
  /** Seconds that the clock of whoever proves is ahead. */
  readonly aheadS?: number
}

/** Asks as an app does, by hand: a form, with a proof. `at`: another process that answers for the same host. */
export async function postProven(
  url: string,
  form: Record<string, string>,
  proof: Proof,
  { at }: { at?: string } = {},
): Promise<{ status: number; json: Record<string, string>; nonce: string | undefined }> {
  const { status, headers, body } = await new TestBrowser().send(
    at === undefined ? url : `${at}${new URL(url).pathname}`,
    {
      method: 'POST',
      headers: {
        host: new URL(url).host,
        'content-type': 'application/x-www-form-urlencoded',
        dpop: await proofFor(url, proof),
      },
      body: new URLSearchParams(form).toString(),
    },
  )
  const nonce = headers['dpop-nonce']
  return { status, json: JSON.parse(body || '{}'), nonce: Array.isArray(nonce) ? nonce[0] : nonce }
}

export function proofFor(
  htu: string,
  { key, nonce, jti = randomBytes(9).toString('hex'), aheadS = 0 }: Proof,
): Promise<string> {
  const iat = Math.floor(Date.now() / 1000) + aheadS
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: key.bareJwk } as Parameters<Key['createJwt']>[0]
  return key.createJwt(header, { htm: 'POST', htu, jti, iat, ...(nonce && { nonce }) })
}
