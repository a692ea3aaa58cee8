import { connect } from 'node:net'
import type { Did } from '@heronry/core/did'
import { storeDocument } from '@heronry/identity/did-cache'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const procedure = 'app.bsky.draft.createDraft'
const requestBytesMax = 1_000_000

let appView: UpstreamServer
let house: ApiHouse
let member: Member
beforeAll(async () => {
  appView = await upstreamServer()
  house = await apiHouse({
    // Fewer connections than requests that stall.
    poolMax: 8,
    communitySettings: { appView: { url: appView.url, did: 'did:web:appview.example.com' as Did } },
    proxy: {
      publicOnly: true,
      limits: { requestBytesMax, inFlightPerUpstreamMax: 300, inFlightPerCallerMax: 300 },
    },
  })
  member = await house.member('member')
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await appView[Symbol.asyncDispose]()
})

/** Answers how many bytes it was sent. */
function count() {
  appView.will((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ bytes }))
    })
  })
}

const post = (body: Buffer | string, headers: Record<string, string> = {}) =>
  house.ask(procedure, {
    as: member,
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-thing', ...headers },
  })

/** A request's bytes, as they stand on the wire. */
function head(lines: string[]): string {
  const { authorization } = member.session
  return [
    `POST /xrpc/${procedure} HTTP/1.1`,
    'Host: herons.test',
    `Authorization: ${authorization}`,
    ...lines,
    '',
    '',
  ].join('\r\n')
}

describe('the body of a request', () => {
  test('is passed on as it is, with its type, coding and length', async () => {
    count()
    const body = Buffer.alloc(requestBytesMax, 7)
    const answer = await post(body, { 'content-encoding': 'gzip', 'content-language': 'en' })
    expect(answer).toMatchObject({ status: 200, json: { bytes: requestBytesMax } })
    expect(appView.asked.at(-1)?.headers).toMatchObject({
      'content-type': 'application/x-thing',
      'content-encoding': 'gzip',
      'content-length': String(requestBytesMax),
    })
    expect(appView.asked.at(-1)?.headers['content-language']).toBeUndefined()
    expect(appView.asked.at(-1)?.body.equals(body)).toBe(true)
  })

  test('may be in chunks, and may be none', async () => {
    count()
    expect((await post('x'.repeat(50_000), { 'transfer-encoding': 'chunked' })).json).toEqual({
      bytes: 50_000,
    })
    expect((await post('')).json).toEqual({ bytes: 0 })
  })

  test('of one byte too many is refused, announced or not, and its connection serves the next', async () => {
    count()
    const long = Buffer.alloc(requestBytesMax + 1)
    const tooLarge = { status: 413, json: { error: 'PayloadTooLarge' } }
    expect(await post(long)).toMatchObject(tooLarge)
    expect(await post(long, { 'transfer-encoding': 'chunked' })).toMatchObject(tooLarge)
    expect((await post('next')).json).toEqual({ bytes: 4 })
  })

  test('that its client breaks off ends the upstream’s request unfinished', async () => {
    let aborted = false
    let finished = false
    appView.will((request) => {
      request.once('end', () => {
        finished = true
      })
      request.socket.once('close', () => {
        aborted = true
      })
    })
    const asked = appView.asked.length
    const socket = connect(house.port, '127.0.0.1')
    socket.write(`${head(['Content-Length: 100000'])}half of it`)
    await expect.poll(() => appView.asked.length).toBe(asked + 1)
    socket.destroy()
    await expect.poll(() => aborted).toBe(true)
    expect(finished).toBe(false)
  })

  test('that the upstream refuses unread leaves the client its answer', async () => {
    appView.will((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/json', connection: 'close' })
      response.end('{"error":"NotNow","message":"no"}')
    })
    const answer = await post(Buffer.alloc(requestBytesMax))
    expect([400, 502]).toContain(answer.status)
    expect(answer.json.error).toMatch(/NotNow|UpstreamFailure/)
  })
})

describe('an address inside', () => {
  const named = async (name: string, serviceEndpoint: string) => {
    const did = `did:web:${name}.example.com` as Did
    const service = [{ id: '#svc', type: 'Any', serviceEndpoint }]
    await storeDocument(house.db, { document: { id: did, service }, fetchedAt: new Date() })
    return house.ask('com.example.get', { as: member, headers: { 'atproto-proxy': `${did}#svc` } })
  }

  test.each([
    ['loopback', () => appView.url],
    ['loopback-tls', () => `https://127.0.0.1:${appView.port}`],
    ['localhost', () => `https://localhost:${appView.port}`],
    ['six', () => `https://[::1]:${appView.port}`],
    ['mapped', () => `https://[::ffff:127.0.0.1]:${appView.port}`],
    ['number', () => `https://2130706433:${appView.port}`],
    ['metadata', () => 'https://169.254.169.254'],
    ['private', () => 'https://10.0.0.1'],
  ])('in a stranger’s document (%s) is never connected to', async (name, endpoint) => {
    const before = appView.connections()
    expect(await named(name, endpoint())).toMatchObject({
      status: 502,
      json: { error: 'UpstreamFailure', message: 'Upstream service unreachable' },
    })
    expect(appView.connections()).toBe(before)
  })
})

describe('300 requests that stall at a dead AppView', () => {
  test('leave the house its connections to Postgres: a write goes through, and one more is told at once', async () => {
    appView.will(() => {})
    const asked = appView.asked.length
    const stalled = Array.from({ length: 300 }, () => {
      const socket = connect(house.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(`${head(['Content-Length: 0'])}`)
      return socket
    })
    await expect.poll(() => appView.asked.length, { timeout: 10_000 }).toBe(asked + 300)
    const record = { $type: 'app.bsky.feed.post', text: 'heron', createdAt: new Date().toISOString() }
    const input = { repo: member.did, collection: 'app.bsky.feed.post', record }
    expect((await house.post('com.atproto.repo.createRecord', input, { as: member })).status).toBe(200)
    expect(await post('')).toMatchObject({ status: 503, json: { error: 'NotEnoughResources' } })
    for (const socket of stalled) socket.destroy()
    await expect.poll(() => appView.open(), { timeout: 10_000 }).toBe(0)
    count()
    expect((await post('back')).json).toEqual({ bytes: 4 })
  })
})
