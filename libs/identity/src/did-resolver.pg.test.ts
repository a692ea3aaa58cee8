import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { purgeDocuments } from './did-cache.ts'
import { createDidResolver, type DidResolver } from './did-resolver.ts'
import { didWebUrl } from './did-web.ts'
import { createHttpFetch } from './http-fetch.ts'
import { cachedDocumentBytesMax, documentDepthMax } from './limits.ts'
import { createPlcDirectory } from './plc-directory.ts'

let database: TestDatabase
let db: Database
let server: Server
let port: number
let requests: string[]
let answer: { status: number; body: string; type?: string }
let now: number
let resolver: DidResolver
const plcDid = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
  server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const { status, body, type = 'application/json' } = answer
    response.writeHead(status, type ? { 'content-type': type } : {}).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.close().closeAllConnections()
  await database[Symbol.asyncDispose]()
})

beforeEach(async () => {
  await db.deleteFrom('did_cache').execute()
  requests = []
  now = 1_800_000_000_000
  answer = { status: 200, body: documentOf(plcDid) }
  const fetch = createHttpFetch({ publicOnly: false })
  const plc = createPlcDirectory({ url: `http://127.0.0.1:${port}`, fetch })
  const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
  const clock = { now: () => now }
  resolver = createDidResolver({ db, plc, fetch, logger, clock, staleMs: 1000, maxAgeMs: 10_000 })
})

test('a document is fetched once while it is fresh, and again by force', async () => {
  expect(await resolver.resolve(plcDid)).toMatchObject({ id: plcDid, note: 'first' })
  answer.body = documentOf(plcDid, 'second')
  now += 999
  expect(await resolver.resolve(plcDid)).toMatchObject({ note: 'first' })
  expect(requests).toHaveLength(1)
  expect(await resolver.resolve(plcDid, { force: true })).toMatchObject({ note: 'second' })
  expect(await resolver.resolve(plcDid)).toMatchObject({ note: 'second' })
})

test('a stale document is given and refreshed in the background', async () => {
  await resolver.resolve(plcDid)
  answer.body = documentOf(plcDid, 'second')
  now += 1000
  expect(await resolver.resolve(plcDid)).toMatchObject({ note: 'first' })
  await vi.waitFor(async () => expect(await resolver.resolve(plcDid)).toMatchObject({ note: 'second' }))
})

test('a stale document stays while its server fails, but not beyond its age', async () => {
  await resolver.resolve(plcDid)
  answer = { status: 500, body: '' }
  now += 9_999
  expect(await resolver.resolve(plcDid)).toMatchObject({ note: 'first' })
  now += 1
  await expect(resolver.resolve(plcDid)).rejects.toMatchObject({ code: 'UpstreamFailure' })
})

test('a document of the limit is kept, one byte more is not, and what was kept before is forgotten', async () => {
  const filled = (bytes: number) => documentOf(plcDid, ''.padEnd(bytes - documentOf(plcDid, '').length, 'x'))
  answer.body = filled(cachedDocumentBytesMax)
  await resolver.resolve(plcDid)
  await resolver.resolve(plcDid)
  expect(requests).toHaveLength(1)
  answer.body = filled(cachedDocumentBytesMax + 1)
  expect(await resolver.resolve(plcDid, { force: true })).toMatchObject({ id: plcDid })
  expect(await resolver.resolve(plcDid)).toMatchObject({ id: plcDid })
  expect(requests).toHaveLength(3)
})

test('what is too old to be used is taken away, and nothing else', async () => {
  await resolver.resolve(plcDid)
  expect(await purgeDocuments(db, new Date(now))).toBe(0n)
  expect(await purgeDocuments(db, new Date(now + 1))).toBe(1n)
})

test('a DID that has ended is forgotten', async () => {
  await resolver.resolve(plcDid)
  answer = { status: 410, body: '' }
  expect(await resolver.resolve(plcDid, { force: true })).toBeNull()
  expect(await resolver.resolve(plcDid)).toBeNull()
})

test('many who ask at once share one request', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => resolver.resolve(plcDid)))
  expect(new Set(answers.map((document) => document?.id))).toEqual(new Set([plcDid]))
  expect(requests).toHaveLength(1)
})

test('a did:web is fetched from its host, in development over plain HTTP', async () => {
  const did = `did:web:localhost%3A${port}` as Did
  answer.body = documentOf(did)
  expect(await resolver.resolve(did)).toMatchObject({ id: did })
  expect(requests).toEqual(['/.well-known/did.json'])
})

test.each([
  'application/json; charset=utf-8',
  'application/did+json',
  'application/did+ld+json',
  'Application/JSON',
])('a did:web may be served as %s', async (type) => {
  const did = `did:web:localhost%3A${port}` as Did
  answer = { status: 200, type, body: documentOf(did) }
  expect(await resolver.resolve(did)).toMatchObject({ id: did })
})

test.each([
  ['text/html', 'as text/html'],
  ['application/octet-stream', 'as application/octet-stream'],
  ['application/jsonp', 'as application/jsonp'],
  ['', 'without a content type'],
])('a did:web that is served as %s is refused in words that its owner understands', async (type, found) => {
  const did = `did:web:localhost%3A${port}` as Did
  answer = { status: 200, type, body: documentOf(did) }
  await expect(resolver.resolve(did)).rejects.toMatchObject({
    code: 'UpstreamFailure',
    message: `The did.json of localhost:${port} is served ${found}: application/json is expected`,
  })
})

test.each([
  ['no JSON', 'hello'],
  ['no object', '[]'],
  ['null', 'null'],
  ['of another DID', JSON.stringify({ id: 'did:plc:other' })],
  ['with a NUL', JSON.stringify({ id: plcDid, a: '\u0000' })],
  ['with half a surrogate pair', JSON.stringify({ id: plcDid, a: '\ud800' })],
  ['with half a surrogate pair in a key', JSON.stringify({ id: plcDid, ['\udfff']: 1 })],
  ['nested one too deep', nested(documentDepthMax + 1)],
  ['nested without measure', nested(100_000)],
  ['too large', JSON.stringify({ id: plcDid, a: 'x'.repeat(300_000) })],
])('a document that is %s is refused and not kept', async (_, body) => {
  answer.body = body
  await expect(resolver.resolve(plcDid)).rejects.toMatchObject({ code: 'UpstreamFailure' })
  expect(await db.selectFrom('did_cache').selectAll().execute()).toEqual([])
})

test('a document that is nested as deep as one may be is kept', async () => {
  answer.body = nested(documentDepthMax)
  expect(await resolver.resolve(plcDid)).toMatchObject({ id: plcDid })
  expect(await db.selectFrom('did_cache').selectAll().execute()).toHaveLength(1)
})

test.each([
  'did:web:example.com:user',
  'did:web:a%3A99999',
  'did:web:a@b',
  'did:web:a%2Fb',
  'did:web:',
  'did:key:zQ3',
])('%s cannot be resolved', async (did) => {
  await expect(resolver.resolve(did as Did)).rejects.toMatchObject({ code: 'Unsupported' })
  expect(requests).toEqual([])
})

test('a did:web of the world is asked by TLS only', () => {
  expect(didWebUrl('did:web:example.com' as Did)).toBe('https://example.com/.well-known/did.json')
  expect(didWebUrl('did:web:example.com%3A8443' as Did)).toBe('https://example.com:8443/.well-known/did.json')
})

test('nothing is fetched inside a transaction', async () => {
  const inside = inTransaction(db, { name: 'sign-up' }, () => resolver.resolve(plcDid))
  await expect(inside).rejects.toThrow('fetch inside the transaction sign-up')
})

/** The document itself is the first level. */
function nested(depth: number): string {
  return `{"id":"${plcDid}","a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
}

function documentOf(did: string, note = 'first'): string {
  return JSON.stringify({ id: did, note })
}
