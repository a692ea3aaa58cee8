import { verifySignature } from '@atproto/crypto'
import type { Did } from '@heronry/core/did'
import { storeDocument } from '@heronry/identity/did-cache'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const timeline = 'app.bsky.feed.getTimeline'
const other = 'did:web:other.example.com' as Did

let appView: UpstreamServer
let ozone: UpstreamServer
let house: ApiHouse
let member: Member
let neighbour: Member
beforeAll(async () => {
  ;[appView, ozone] = [await upstreamServer(), await upstreamServer()]
  house = await apiHouse({
    communitySettings: {
      appView: { url: appView.url, did: 'did:web:appview.example.com' as Did },
      modServiceDid: 'did:web:ozone.example.com' as Did,
      modServiceUrl: ozone.url,
      fragmentAudiences: ['did:web:ozone.example.com'],
    },
  })
  member = await house.member('member')
  neighbour = await house.member('neighbour', { community: house.storks })
  const service = [
    { id: '#svc', type: 'Any', serviceEndpoint: `${appView.url}/ignored` },
    { id: `${other}#full`, type: 'Any', serviceEndpoint: appView.url },
    { id: '#ftp', type: 'Any', serviceEndpoint: 'ftp://example.com' },
  ]
  await storeDocument(house.db, { document: { id: other, service }, fetchedAt: new Date() })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await appView[Symbol.asyncDispose]()
  await ozone[Symbol.asyncDispose]()
})
beforeEach(() => {
  for (const it of [appView, ozone]) {
    it.asked.length = 0
    it.will((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"from":"upstream"}')
    })
  }
})

const to = (name: string) => ({ headers: { 'atproto-proxy': name } })
const refused = (status: number, error: string, message: string) => ({ status, json: { error, message } })
const lastToken = ({ asked }: UpstreamServer) =>
  asked.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? ''

describe('a call of a method that is not ours', () => {
  test('goes to the AppView with its path and query, and a token of the member for it', async () => {
    const answer = await house.ask(`${timeline}?limit=3&cursor=%C3%A9%2B`, { as: member })
    expect(answer).toMatchObject({ status: 200, json: { from: 'upstream' } })
    expect(answer.headers).toMatchObject({ 'cache-control': 'private', vary: 'Authorization' })
    expect(appView.asked).toMatchObject([
      { method: 'GET', url: `/xrpc/${timeline}?limit=3&cursor=%C3%A9%2B` },
    ])
    const token = lastToken(appView)
    expect(decodeProtectedHeader(token)).toEqual({ typ: 'JWT', alg: 'ES256K', kid: '#atproto' })
    const { iat = 0, exp, jti, ...claims } = decodeJwt(token)
    expect(claims).toEqual({ iss: member.did, aud: 'did:web:appview.example.com', lxm: timeline })
    expect([exp, jti]).toEqual([iat + 60, expect.stringMatching(/^[0-9a-f]{32}$/)])
    const [signed, signature = ''] = [token.slice(0, token.lastIndexOf('.')), token.split('.')[2]]
    const isTrue = await verifySignature(
      member.didKey,
      Buffer.from(signed),
      Buffer.from(signature, 'base64url'),
      { jwtAlg: 'ES256K' },
    )
    expect(isTrue).toBe(true)
  })

  test('brings only the headers that are listed, and gets only those', async () => {
    appView.will((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-language': 'en',
        'atproto-repo-rev': '3jzfcijpj2z2a',
        'atproto-content-labelers': 'did:web:a.test',
        'set-cookie': 'a=b',
        'ratelimit-limit': '3',
        etag: '"x"',
      })
      response.end('{}')
    })
    const headers = {
      'accept-language': 'de',
      'atproto-accept-labelers': 'did:web:a.test',
      'x-bsky-topics': 'herons',
      cookie: 'a=b',
      'user-agent': 'test',
      'x-forwarded-for': '1.2.3.4',
      origin: 'https://example.com',
    }
    const { headers: got } = await house.ask(timeline, { as: member, headers })
    const { host, connection, ...seen } = appView.asked[0]?.headers ?? {}
    expect(host).toBe(`127.0.0.1:${appView.port}`)
    expect(seen).toEqual({
      'accept-encoding': 'identity',
      'accept-language': 'de',
      'atproto-accept-labelers': 'did:web:a.test',
      'x-bsky-topics': 'herons',
      authorization: expect.stringMatching(/^Bearer /),
    })
    expect(got).toMatchObject({
      'content-language': 'en',
      'atproto-repo-rev': '3jzfcijpj2z2a',
      'atproto-content-labelers': 'did:web:a.test',
      'access-control-allow-origin': '*',
      'x-request-id': expect.any(String),
    })
    expect(Object.keys(got)).not.toEqual(expect.arrayContaining(['set-cookie']))
    expect([got['etag'], got['ratelimit-limit']]).toEqual([undefined, undefined])
  })

  test('goes where the header says, and its answer’s audience is the DID there', async () => {
    for (const name of [`${other}#svc`, `${other}#full`]) {
      expect((await house.ask('com.example.get', { as: member, ...to(name) })).status).toBe(200)
      expect(appView.asked.at(-1)?.url).toBe('/xrpc/com.example.get')
      expect(decodeJwt(lastToken(appView))).toMatchObject({ aud: other, lxm: 'com.example.get' })
    }
    const named = to('did:web:appview.example.com#bsky_appview')
    expect((await house.ask(timeline, { as: member, ...named })).status).toBe(200)
  })

  test.each([
    ['#svc', 'no did specified in proxy header'],
    ['did:web:other.example.com', 'no service id specified in proxy header'],
    ['did:web:other.example.com#', 'no service id specified in proxy header'],
    ['did:web:other.example.com#a#b', 'invalid proxy header format'],
    ['did:web:other.example.com #b', 'proxy header cannot contain spaces'],
    ['other#b', 'could not resolve proxy did'],
    ['did:example:other#b', 'could not resolve proxy did'],
    ['did:web:localhost%3A1#b', 'could not resolve proxy did'],
    ['did:web:other.example.com#nobody', 'could not resolve proxy did service url'],
    ['did:web:other.example.com#ftp', 'could not resolve proxy did service url'],
  ])('for %s is refused: %s', async (name, message) => {
    const answer = await house.ask(timeline, { as: member, ...to(name) })
    expect(answer).toMatchObject(refused(400, 'InvalidRequest', message))
  })

  test('of Ozone goes to the moderation service, whose tokens name the service where that is configured', async () => {
    expect((await house.ask('tools.ozone.moderation.queryEvents', { as: member })).status).toBe(200)
    expect(decodeJwt(lastToken(ozone)).aud).toBe('did:web:ozone.example.com#atproto_labeler')
  })

  test('without a service for it is told so, and of private messages what to do', async () => {
    const asNeighbour = { as: neighbour }
    expect(await house.ask(timeline, asNeighbour)).toMatchObject(
      refused(400, 'InvalidRequest', `No service configured for ${timeline}`),
    )
    const chat = await house.ask('chat.bsky.convo.listConvos', { as: member })
    expect(chat.json.message).toContain('atproto-proxy: did:web:api.bsky.chat#bsky_chat')
  })

  test('without credentials is refused, and looks nothing up', async () => {
    expect(await house.ask(timeline)).toMatchObject({ status: 401, json: { error: 'AuthMissing' } })
    const unknown = await house.ask(timeline, to('did:web:localhost%3A1#b'))
    expect(unknown).toMatchObject({ status: 401, json: { error: 'AuthMissing' } })
    expect(appView.asked).toEqual([])
  })

  test.each(['com.atproto.admin.sendEmail', 'com.atproto.Identity.UpdateHandle'])(
    'that only the own server answers (%s) is never passed on',
    async (nsid) => {
      const answer = await house.ask(nsid, { as: member, ...to(`${other}#svc`) })
      expect(answer).toMatchObject(refused(400, 'InvalidToken', 'Bad token method'))
    },
  )

  test('is GET, HEAD or POST', async () => {
    expect((await house.ask(timeline, { as: member, method: 'PUT' })).status).toBe(400)
    const head = await house.ask(timeline, { as: member, method: 'HEAD' })
    expect([head.status, head.bytes.length, appView.asked.at(-1)?.method]).toEqual([200, 0, 'HEAD'])
  })
})

describe('who is not let through', () => {
  test('an app password for private messages, unless it is privileged', async () => {
    const permissions = [`rpc:*?aud=${other}#svc`]
    const plain = await house.member('plain', { permissions })
    const scope = 'com.atproto.appPassPrivileged'
    const privileged = await house.member('privileged', { permissions, scope })
    const ask = (nsid: string, as: Member) => house.ask(nsid, { as, ...to(`${other}#svc`) })
    const bad = refused(400, 'InvalidToken', 'Bad token method')
    expect(await ask('chat.bsky.convo.newMethod', plain)).toMatchObject(bad)
    expect(await ask('com.atproto.Server.createAccount', plain)).toMatchObject(bad)
    expect((await ask('app.bsky.feed.getLikes', plain)).status).toBe(200)
    expect((await ask('chat.bsky.convo.newMethod', privileged)).status).toBe(200)
  })

  test('an account that is deactivated, taken down or gone', async () => {
    const set = (row: object) => house.db.updateTable('actor').set(row).where('id', '=', member.id).execute()
    await set({ deactivated_at: new Date() })
    expect(await house.ask(timeline, { as: member })).toMatchObject({
      status: 401,
      json: { error: 'AccountDeactivated' },
    })
    await set({ deactivated_at: null, takedown_ref: 'x' })
    expect(await house.ask(timeline, { as: member })).toMatchObject({
      status: 401,
      json: { error: 'AccountTakedown' },
    })
    await set({ takedown_ref: null })
    expect((await house.ask(timeline, { as: member })).status).toBe(200)
  })

  test('a narrowed session, but to the service and method that it is for', async () => {
    const aud = 'did:web:appview.example.com#bsky_appview'
    const narrowed = await house.member('narrowed', { permissions: [`rpc:${timeline}?aud=${aud}`] })
    expect((await house.ask(timeline, { as: narrowed })).status).toBe(200)
    expect(await house.ask('app.bsky.feed.getLikes', { as: narrowed })).toMatchObject({
      status: 403,
      json: { error: 'ScopeMissingError' },
    })
    expect((await house.ask(timeline, { as: narrowed, ...to(`${other}#svc`) })).status).toBe(403)
  })

  test('a session of another community', async () => {
    const answer = await house.ask(timeline, { as: neighbour, host: 'herons.test' })
    expect(answer).toMatchObject({ status: 400, json: { error: 'InvalidToken' } })
  })
})

describe('an upstream’s error', () => {
  test.each([
    [400, '{"error":"BadCursor","message":"no"}', 400, 'BadCursor', 'no'],
    [404, '{"error":"NotFound"}', 404, 'NotFound', 'XRPC Not Supported'],
    [500, '{"error":"InternalServerError","message":"oops"}', 502, 'InternalServerError', 'oops'],
    [503, '{}', 503, 'NotEnoughResources', 'Not Enough Resources'],
    [429, 'no json', 429, 'RateLimitExceeded', 'Rate Limit Exceeded'],
    [302, '{}', 502, 'UpstreamFailure', 'Upstream service answered 302'],
  ])('%i %s is passed on as %i %s', async (status, body, ours, error, message) => {
    appView.will((_request, response) => {
      const headers = {
        'content-type': 'application/json',
        location: 'http://127.0.0.1:1/',
        'retry-after': '3',
      }
      response.writeHead(status, headers).end(body)
    })
    const answer = await house.ask(timeline, { as: member })
    expect(answer).toMatchObject(refused(ours, error, message))
    expect([answer.headers['location'], answer.headers['retry-after']]).toEqual([undefined, undefined])
  })

  test('that is no JSON is dropped', async () => {
    appView.will((_request, response) => {
      response.writeHead(418, { 'content-type': 'text/html' }).end('<script>alert(1)</script>')
    })
    const answer = await house.ask(timeline, { as: member })
    expect(answer.status).toBe(418)
    expect(answer.headers['content-type']).toContain('application/json')
    expect(answer.bytes.toString()).not.toContain('script')
  })
})
