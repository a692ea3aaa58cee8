import type { Did } from '@heronry/core/did'
import { storeDocument } from '@heronry/identity/did-cache'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const appViewDid = 'did:web:appview.example.com' as Did
const generator = 'did:web:feed.example.com' as Did

let appView: UpstreamServer
let reports: UpstreamServer
let house: ApiHouse
let member: Member
let neighbour: Member
beforeAll(async () => {
  ;[appView, reports] = [await upstreamServer(), await upstreamServer()]
  house = await apiHouse({
    communitySettings: {
      appView: { url: appView.url, did: appViewDid },
      reportService: { url: reports.url, did: 'did:web:reports.example.com' as Did },
    },
  })
  member = await house.member('member')
  neighbour = await house.member('neighbour', { community: house.storks })
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await appView[Symbol.asyncDispose]()
  await reports[Symbol.asyncDispose]()
})
beforeEach(() => {
  for (const it of [appView, reports]) {
    it.asked.length = 0
    it.will((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"from":"upstream"}')
    })
  }
})

const named = async (name: string, type: string) => {
  const did = `did:web:${name}.example.com` as Did
  const service = [{ id: '#bsky_notif', type, serviceEndpoint: reports.url }]
  await storeDocument(house.db, { document: { id: did, service }, fetchedAt: new Date() })
  return did
}
const claims = ({ asked }: UpstreamServer) =>
  decodeJwt(asked.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? '')

describe('getFeed', () => {
  const getFeed = 'app.bsky.feed.getFeed'
  const path = (name: string) =>
    `${getFeed}?feed=at://did:web:maker.example.com/app.bsky.feed.generator/${name}`
  const records = (value: object) =>
    appView.will((request, response) => {
      const isRecord = request.url?.includes('getRecord')
      const body = isRecord ? { uri: 'at://x', value } : { feed: [] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })

  test('goes to the AppView with a token for the feed’s own service, which is looked up once', async () => {
    records({ did: generator })
    for (const _ of [1, 2]) {
      const answer = await house.ask(`${path('herons')}&limit=3`, { as: member })
      expect(answer).toMatchObject({ status: 200, json: { feed: [] } })
    }
    expect(appView.asked.map(({ url, headers }) => [url, headers.authorization !== undefined])).toEqual([
      [
        '/xrpc/com.atproto.repo.getRecord?repo=did%3Aweb%3Amaker.example.com&collection=app.bsky.feed.generator&rkey=herons',
        false,
      ],
      [`/xrpc/${path('herons')}&limit=3`, true],
      [`/xrpc/${path('herons')}&limit=3`, true],
    ])
    expect(claims(appView)).toMatchObject({
      iss: member.did,
      aud: generator,
      lxm: 'app.bsky.feed.getFeedSkeleton',
    })
  })

  test('of no feed, or of one without a service, is refused', async () => {
    records({})
    expect(await house.ask(path('nobody'), { as: member })).toMatchObject({
      status: 400,
      json: { error: 'UnknownFeed', message: 'could not resolve feed did' },
    })
    expect((await house.ask(`${getFeed}?feed=herons`, { as: member })).status).toBe(400)
    expect((await house.ask(getFeed, { as: member })).status).toBe(400)
    expect(appView.asked).toHaveLength(1)
  })

  test('takes the permission for both methods, where a session is narrowed', async () => {
    records({ did: generator })
    const aud = `${appViewDid}#bsky_appview`
    const half = { ...member, session: await house.appSession(member, [`rpc:${getFeed}?aud=${aud}`]) }
    expect((await house.ask(path('herons'), { as: half })).status).toBe(403)
  })
})

describe('a notification service', () => {
  const [register, unregister] = [
    'app.bsky.notification.registerPush',
    'app.bsky.notification.unregisterPush',
  ]
  const device = (serviceDid: string) => ({ serviceDid, token: 't', platform: 'ios', appId: 'app' })

  test('is told of a device: the AppView where it is one, else where its document says', async () => {
    const own = device(appViewDid)
    expect((await house.post(register, own, { as: member })).status).toBe(200)
    expect(JSON.parse(String(appView.asked[0]?.body))).toEqual(own)
    expect(claims(appView)).toMatchObject({ aud: appViewDid, lxm: register })
    const did = await named('push', 'BskyNotificationService')
    expect((await house.post(unregister, device(did), { as: member })).status).toBe(200)
    expect(reports.asked[0]).toMatchObject({ method: 'POST', url: `/xrpc/${unregister}` })
    expect(claims(reports)).toMatchObject({ iss: member.did, aud: did, lxm: unregister })
  })

  test('that is none, or nowhere, is refused', async () => {
    const did = await named('nopush', 'Other')
    const refused = async (serviceDid: string) =>
      (await house.post(register, device(serviceDid), { as: member })).json.message
    expect(await refused(did)).toBe(`invalid notification service details in did document: ${did}`)
    expect(await refused('did:web:localhost%3A1')).toContain('could not resolve did document')
  })

  test('takes the permission for it, where a session is narrowed', async () => {
    const session = await house.appSession(member, [`rpc:${register}?aud=${appViewDid}#bsky_notif`])
    const narrowed = { ...member, session }
    expect((await house.post(register, device(appViewDid), { as: narrowed })).status).toBe(200)
    expect((await house.post(unregister, device(appViewDid), { as: narrowed })).status).toBe(403)
  })
})

describe('a report', () => {
  const createReport = 'com.atproto.moderation.createReport'
  const report = {
    reasonType: 'com.atproto.moderation.defs#reasonSpam',
    subject: { $type: 'com.atproto.admin.defs#repoRef', did: 'did:web:spam.example.com' },
  }

  test('goes to the report service, and its answer comes back', async () => {
    reports.will((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":7}')
    })
    const answer = await house.post(createReport, report, { as: member })
    expect(answer).toMatchObject({ status: 200, json: { id: 7 } })
    expect(JSON.parse(String(reports.asked[0]?.body))).toEqual(report)
    expect(claims(reports)).toMatchObject({ aud: 'did:web:reports.example.com', lxm: createReport })
  })

  test('goes where the header says', async () => {
    const headers = { 'atproto-proxy': `${appViewDid}#bsky_appview` }
    expect((await house.post(createReport, report, { as: member, headers })).status).toBe(200)
    expect(appView.asked).toHaveLength(1)
  })

  test('may be of an account that is taken down; without a service it goes nowhere', async () => {
    const leaving = await house.member('leaving', { scope: 'com.atproto.takendown' })
    await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('id', '=', leaving.id).execute()
    expect((await house.post(createReport, report, { as: leaving })).status).toBe(200)
    expect(await house.post(createReport, report, { as: neighbour })).toMatchObject({
      status: 400,
      json: { message: `No service configured for ${createReport}` },
    })
  })

  test('that the service refuses, or answers with no JSON, says so', async () => {
    reports.will((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"Spam","message":"no"}')
    })
    expect(await house.post(createReport, report, { as: member })).toMatchObject({
      status: 400,
      json: { error: 'Spam', message: 'no' },
    })
    reports.will(
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    )
    expect((await house.post(createReport, report, { as: member })).status).toBe(502)
  })
})

describe('getRecord', () => {
  const getRecord = 'com.atproto.repo.getRecord'
  const of = (repo: string) => ({ repo, collection: 'app.bsky.feed.post', rkey: '3jzfcijpj2z2a' })

  test('of a repo elsewhere is answered by the AppView, in nobody’s name', async () => {
    const answer = await house.get(getRecord, of('did:web:elsewhere.example.com'), { as: member })
    expect(answer).toMatchObject({ status: 200, json: { from: 'upstream' } })
    expect(appView.asked[0]?.url).toBe(
      `/xrpc/${getRecord}?repo=did%3Aweb%3Aelsewhere.example.com&collection=app.bsky.feed.post&rkey=3jzfcijpj2z2a`,
    )
    expect(appView.asked[0]?.headers.authorization).toBeUndefined()
  })

  test('of a repo here, or where there is no AppView, is not', async () => {
    const gone = { status: 400, json: { error: 'RecordNotFound' } }
    expect(await house.get(getRecord, of(member.did))).toMatchObject(gone)
    const elsewhere = of('did:web:elsewhere.example.com')
    expect(await house.get(getRecord, elsewhere, { host: 'storks.test' })).toMatchObject(gone)
    expect(appView.asked).toEqual([])
  })
})
