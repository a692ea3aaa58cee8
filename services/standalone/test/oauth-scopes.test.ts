import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from './state-matrix/ask.ts'
import { type MatrixHouse, matrixHouse } from './state-matrix/matrix-house.ts'
import { createMember, everything, letIn, type Member } from './state-matrix/member.ts'
import { requests } from './state-matrix/requests.ts'
import { appRows } from './state-matrix/scopes.ts'

type RowName = keyof typeof appRows

let house: MatrixHouse
/** For all that leaves an account as it is. */
let member: Member
beforeAll(async () => {
  house = await matrixHouse()
  member = await createMember(house, 'active')
})
afterAll(() => house[Symbol.asyncDispose]())

const rows = Object.entries(appRows) as [RowName, (typeof appRows)[RowName]][]
const named = (kind: string) => rows.filter(([, row]) => row === kind).map(([name]) => name)
const needing = rows.flatMap(([name, row]) => (typeof row === 'string' ? [] : [[name, row] as const]))

/** Of every kind of scope, what is of no use for any row that does not name it. */
const unrelated = [
  'repo:app.bsky.feed.like',
  'blob:video/*',
  'rpc:app.bsky.feed.getFeed?aud=*',
  'account:email',
]

test('every method that is registered says what an app needs for it', () => {
  const methods = new Set(rows.map(([name]) => nsidOf(name)))
  expect([...methods].toSorted()).toEqual(house.methods.toSorted())
})

test.each(needing)('%s takes %o and no less', async (name, { needs, near, lacks = needs }) => {
  const owner = await createMember(house, 'active')
  expect(await askAs(owner, name, [...unrelated, near])).toEqual({
    status: 403,
    body: { error: 'ScopeMissingError', message: `Missing required scope "${lacks}"` },
  })
  expect(await askAs(owner, name, [needs])).toMatchObject({ status: 200 })
})

test.each(named('any'))('%s is open to every app', async (name) => {
  expect(await askAs(member, name, [])).toMatchObject({ status: 200 })
})

test.each(named('none'))('%s is open to no app', async (name) => {
  const isEmail = name.endsWith('mailUpdate') || name.endsWith('updateEmail')
  const message = isEmail
    ? 'Use the account manager interface to update email address associated with an account'
    : 'OAuth credentials are not supported for this endpoint'
  expect(await askAs(member, name, everything)).toEqual({
    status: 403,
    body: { error: 'Forbidden', message },
  })
})

describe('a transitional scope', () => {
  const serviceAuth = (scopes: string[], lxm: string) =>
    askWith(scopes, 'com.atproto.server.getServiceAuth', {
      params: { aud: 'did:web:elsewhere.example', lxm },
    })

  test('generic writes and asks other services, for all but messages', async () => {
    const generic = ['transition:generic']
    for (const name of ['com.atproto.repo.createRecord', 'com.atproto.repo.uploadBlob'] as const) {
      expect(await askAs(member, name, generic)).toMatchObject({ status: 200 })
    }
    expect(await serviceAuth(generic, 'app.bsky.feed.getTimeline')).toMatchObject({ status: 200 })
    expect(await serviceAuth(generic, 'chat.bsky.convo.getLog')).toMatchObject({ status: 403 })
    expect(await serviceAuth(['transition:chat.bsky'], 'chat.bsky.convo.getLog')).toMatchObject({
      status: 200,
    })
    expect(await askAs(member, 'com.atproto.identity.updateHandle', generic)).toMatchObject({ status: 403 })
  })

  test('email shows the address, as account:email does, and nothing else does', async () => {
    const session = (scopes: string[]) => askWith(scopes, 'com.atproto.server.getSession', {})
    for (const scope of ['transition:email', 'account:email', 'account:email?action=manage']) {
      expect((await session([scope])).body).toMatchObject({ email: member.email, emailConfirmed: false })
    }
    const { body } = await session(['transition:generic', 'transition:chat.bsky', 'identity:*'])
    expect(Object.keys(body).sort()).toEqual(['active', 'did', 'handle'])
  })
})

test('writes of which one is not permitted are no commit', async () => {
  const latest = () => ask(house, 'com.atproto.sync.getLatestCommit', { params: { did: member.did } })
  const before = await latest()
  const value = { text: 'a heron', createdAt: '2026-01-02T00:00:00Z' }
  const writes = ['app.bsky.feed.post', 'app.bsky.feed.like'].map((collection) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    ...{ collection, value: { $type: collection, ...value } },
  }))
  const body = { repo: member.did, writes }
  const scopes = ['repo:app.bsky.feed.post?action=create']
  expect(await askWith(scopes, 'com.atproto.repo.applyWrites', { body })).toMatchObject({ status: 403 })
  expect(await latest()).toEqual(before)
})

test('a session that has ended is out in both services with the next request', async () => {
  const appSession = await letIn(house, member, everything)
  const asking = () =>
    Promise.all([
      ask(house, 'com.atproto.server.getSession', { appSession }),
      ask(house, 'com.atproto.sync.getHead', { params: { did: member.did }, appSession }),
    ])
  expect((await asking()).map(({ status }) => status)).toEqual([200, 200])
  await house.db.deleteFrom('oauth_token').where('token_id', '=', appSession.tokenId).execute()
  expect(await asking()).toMatchObject([invalidToken, invalidToken])
})

describe('an answer to a request with a proof', () => {
  const url = (nsid: string) => `${house.community.publicUrl}/xrpc/${nsid}`
  const send = (nsid: string, headers: object) =>
    house.app.inject({ url: `/xrpc/${nsid}`, headers: { host: 'localhost', ...headers } })

  test('has a fresh nonce, which a page may read, be it good, bad, or of a public method', async () => {
    const appSession = await letIn(house, member, [])
    const nsid = 'com.atproto.server.getSession'
    const proof = { method: 'GET', url: url(nsid) }
    const unasked = await send(nsid, house.apps.headers(appSession, proof))
    expect([unasked.statusCode, unasked.json().error]).toEqual([401, 'use_dpop_nonce'])
    expect(unasked.headers['www-authenticate']).toMatch(
      /^DPoP algs="[^"]*ES256[^"]*", error="use_dpop_nonce"/,
    )
    const nonce = String(unasked.headers['dpop-nonce'])
    const good = await send(nsid, house.apps.headers(appSession, { ...proof, nonce }))
    expect(good.statusCode).toBe(200)
    const open = await send('com.atproto.server.describeServer', house.apps.headers(appSession, proof))
    for (const { headers } of [unasked, good, open]) {
      expect(headers['dpop-nonce']).toMatch(/^[\w-]{43}$/)
      expect(headers['access-control-expose-headers']).toMatch(/dpop-nonce.*www-authenticate/)
      expect(headers['access-control-allow-origin']).toBe('*')
    }
  })

  test('is the only one that has one', async () => {
    const { headers, statusCode } = await send('com.atproto.server.getSession', {})
    expect([statusCode, headers['dpop-nonce'], headers['www-authenticate']]).toEqual([
      401,
      undefined,
      undefined,
    ])
  })
})

test('says who lets apps in', async () => {
  const headers = { host: 'localhost' }
  const answer = await house.app.inject({ url: '/.well-known/oauth-protected-resource', headers })
  const { publicUrl } = house.community
  expect(answer.json()).toEqual({
    resource: publicUrl,
    authorization_servers: [publicUrl],
    scopes_supported: [],
    bearer_methods_supported: ['header'],
    resource_documentation: 'https://atproto.com',
  })
  expect(answer.headers['access-control-allow-origin']).toBe('*')
})

const invalidToken = { status: 401, body: { error: 'invalid_token', message: 'Token has been revoked' } }

async function askAs(owner: Member, name: RowName, scopes: readonly string[]) {
  const question = await requests[name](owner, house)
  const appSession = await letIn(house, owner, scopes)
  return ask(house, nsidOf(name), { ...question, appSession })
}

async function askWith(scopes: readonly string[], nsid: string, question: Parameters<typeof ask>[2]) {
  return ask(house, nsid, { ...question, appSession: await letIn(house, member, scopes) })
}

function nsidOf(name: RowName): string {
  return name.split(' ')[0] as string
}
