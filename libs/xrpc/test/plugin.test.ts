import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { l } from '@atproto/lex'
import { HeronryError } from '@heronry/core/error'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { method } from '../src/method.ts'
import * as echo from './echo-lexicons.ts'
import { echoMethods } from './echo-methods.ts'
import { request } from './request.ts'
import { eventually, type RunningServer, startServer } from './start-server.ts'

const host = l.query('test.heronry.host', l.params({}), l.jsonPayload({ slug: l.string() }))
const waits = l.query('test.heronry.waits', l.params({}), l.jsonPayload({}))
const breaks = l.query('test.heronry.breaks', l.params({ after: l.integer() }), l.payload('image/png'))
const lies = l.query('test.heronry.lies', l.params({}), l.jsonPayload({ count: l.integer() }))
const breaksText = l.query(
  'test.heronry.breaksText',
  l.params({ after: l.integer() }),
  l.payload('text/plain'),
)
const tagged = l.query('test.heronry.tagged', l.params({ status: l.integer() }), l.payload('*/*'))
const endless = l.query('test.heronry.endless', l.params({}), l.payload('application/vnd.ipld.car'))
const ranged = l.query('test.heronry.ranged', l.params({}), l.payload('*/*'))

let server: RunningServer
let waiting = 0
let endedStreams = 0
beforeAll(async () => {
  const methods = [
    ...echoMethods,
    method(host, { handler: ({ community }) => ({ body: { slug: community.slug } }) }),
    method(waits, {
      handler: async ({ signal }) => {
        waiting++
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        throw new Error('nobody hears this')
      },
    }),
    method(breaks, { handler: ({ params }) => ({ encoding: 'image/png', stream: broken(params.after) }) }),
    method(breaksText, {
      handler: ({ params }) => ({ encoding: 'text/plain', stream: broken(params.after) }),
    }),
    method(tagged, {
      handler: ({ params }) => ({
        status: params.status as 200 | 206,
        encoding: 'text/plain',
        buffer: Buffer.alloc(5_000, 'x'),
        headers: { etag: '"e"' },
      }),
    }),
    method(endless, { handler: () => ({ encoding: 'application/vnd.ipld.car', stream: noise() }) }),
    method(lies, { handler: () => ({ body: { count: 'seven' as unknown as number } }) }),
    method(ranged, {
      handler: () => ({
        status: 206,
        encoding: 'image/png',
        buffer: Buffer.from('yte'),
        headers: { etag: '"e"' },
      }),
    }),
  ]
  server = await startServer({ methods })
})
afterAll(() => server?.app.close())

const ask = (path: string, more: Partial<Parameters<typeof request>[1]> = {}) =>
  request(server.port, { path: `/xrpc/${path}`, ...more })

test('each request is of the community its host names', async () => {
  for (const slug of ['herons', 'storks']) {
    const answer = await ask('test.heronry.host', { headers: { host: `${slug}.example` } })
    expect(answer.json).toEqual({ slug })
  }
})

test('every answer has a request id of its own, that of a fault is in the log with its cause', async () => {
  const ids = new Set<unknown>()
  for (const path of [
    'test.heronry.query',
    'test.heronry.unknown',
    'bad..nsid',
    'test.heronry.query?number=x',
  ]) {
    ids.add((await ask(path)).headers['x-request-id'])
  }
  const fault = await ask('test.heronry.fails?how=fault')
  ids.add(fault.headers['x-request-id'])
  expect(ids.size).toBe(5)
  expect(ids).not.toContain(undefined)
  expect(fault.text).not.toContain('secret')
  const line = server.log.find(({ requestId }) => requestId === fault.headers['x-request-id'])
  expect(line).toMatchObject({ level: 50, err: { message: 'a secret of the inside' } })
})

test('any origin may read every answer, refusals included, and what it needs of the headers', async () => {
  for (const path of ['test.heronry.query', 'test.heronry.secret', 'test.heronry.unknown']) {
    const { headers } = await ask(path, { headers: { origin: 'https://app.example' } })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers['access-control-expose-headers']).toContain('ratelimit-remaining')
  }
  const preflight = await ask('test.heronry.json', {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-headers': 'authorization,dpop' },
  })
  expect(preflight).toMatchObject({
    status: 204,
    headers: {
      'access-control-allow-headers': 'authorization,dpop',
      'access-control-max-age': '86400',
      'access-control-allow-methods': expect.stringContaining('POST'),
    },
  })
})

test('what depends on who asks is for no shared cache, the refusal included', async () => {
  for (const authorization of ['Bearer good', 'Bearer bad']) {
    const { headers } = await ask('test.heronry.secret', { headers: { authorization } })
    expect(headers).toMatchObject({ 'cache-control': 'private', vary: 'Authorization, Accept-Encoding' })
  }
  expect((await ask('test.heronry.query')).headers['cache-control']).toBeUndefined()
})

test('a query hears that its client has gone; it is no error', async () => {
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /xrpc/test.heronry.waits HTTP/1.1\r\nHost: herons.example\r\n\r\n')
  await eventually(() => waiting === 1)
  socket.destroy()
  const lines = () => server.log.filter(({ nsid }) => nsid === 'test.heronry.waits')
  await eventually(() => lines().length > 0)
  expect(lines()).toMatchObject([{ level: 30, status: 499, msg: 'client went away' }])
})

test('a stream that fails before its first byte is answered as an error; later, the connection breaks', async () => {
  expect(await ask('test.heronry.breaks?after=0')).toMatchObject({
    status: 400,
    json: { error: 'RepoNotFound', message: 'gone' },
    headers: { 'content-type': 'application/json; charset=utf-8' },
  })
  await expect(ask('test.heronry.breaks?after=1')).rejects.toThrow(/aborted|socket hang up|ECONNRESET/)
})

test('a compressed stream that fails before its first byte is answered as an error too; later, the connection breaks', async () => {
  const gzip = { headers: { 'accept-encoding': 'gzip' } }
  const early = await ask('test.heronry.breaksText?after=0', gzip)
  expect(early).toMatchObject({ status: 400, json: { error: 'RepoNotFound', message: 'gone' } })
  expect(early.headers['content-encoding']).toBeUndefined()
  const late = ask('test.heronry.breaksText?after=9', gzip)
  await expect(late).rejects.toThrow(/aborted|socket hang up|ECONNRESET/)
})

test('a part is never compressed; the tag of what is compressed is weak', async () => {
  const gzip = { headers: { 'accept-encoding': 'gzip' } }
  expect((await ask('test.heronry.tagged?status=206', gzip)).headers).toMatchObject({ etag: '"e"' })
  const { headers } = await ask('test.heronry.tagged?status=200', gzip)
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', etag: 'W/"e"' })
  expect((await ask('test.heronry.tagged?status=200')).headers).toMatchObject({ etag: '"e"' })
})

test('a client that goes in the middle of a compressed stream ends its source', async () => {
  const socket = connect(server.port, '127.0.0.1')
  const host = 'Host: herons.example\r\nAccept-Encoding: gzip'
  socket.write(`GET /xrpc/test.heronry.endless HTTP/1.1\r\n${host}\r\n\r\n`)
  socket.once('data', () => socket.destroy())
  await eventually(() => endedStreams === 1)
})

test('a handler may answer a part, with headers of its own', async () => {
  const answer = await ask('test.heronry.ranged')
  expect(answer).toMatchObject({
    status: 206,
    text: 'yte',
    headers: { etag: '"e"', 'content-type': 'image/png' },
  })
})

test('HEAD has the headers of GET and no body', async () => {
  const [get, head] = [await ask('test.heronry.bytes'), await ask('test.heronry.bytes', { method: 'HEAD' })]
  expect(head.headers['content-length']).toBe(get.headers['content-length'])
  expect(head).toMatchObject({ status: 200, text: '' })
})

test('in development a method that breaks its lexicon is a fault; in production it is answered', async () => {
  expect(await ask('test.heronry.lies')).toMatchObject({
    status: 500,
    json: { error: 'InternalServerError' },
  })
  const methods = [method(lies, { handler: () => ({ body: { count: 'seven' as unknown as number } }) })]
  await using production = await startServer({ methods, devMode: false })
  expect((await request(production.port, { path: '/xrpc/test.heronry.lies' })).json).toEqual({
    count: 'seven',
  })
})

test('what is no method of ours is handed on with its body unread', async () => {
  await using proxy = await startServer({
    methods: echoMethods,
    catchAll: async ({ req, reply, nsid, community }) =>
      reply.send({ nsid, community: community.slug, verb: req.method, unread: !req.raw.readableEnded }),
  })
  const path = '/xrpc/app.bsky.feed.getTimeline/?limit=1'
  const answer = await request(proxy.port, {
    method: 'POST',
    path,
    body: '{',
    headers: { 'content-type': 'application/json' },
  })
  expect(answer.json).toEqual({
    nsid: 'app.bsky.feed.getTimeline',
    community: 'herons',
    verb: 'POST',
    unread: true,
  })
})

test('a method past its limit is refused, with the headers that say when to come back', async () => {
  const rateLimit = {
    limit: 2,
    windowMs: 60_000,
    key: ({ params }: { params: { text?: string } }) => params.text ?? null,
  }
  await using limited = await startServer({
    methods: [method(echo.query, { rateLimit, handler: () => ({ body: { got: {} } }) })],
    rateLimits: { global: [{ name: 'global-ip', limit: 100, windowMs: 300_000 }], shared: [] },
  })
  const path = '/xrpc/test.heronry.query?text=a'
  const first = await request(limited.port, { path })
  expect(first.headers).toMatchObject({
    'ratelimit-limit': '2',
    'ratelimit-remaining': '1',
    'ratelimit-policy': '2;w=60',
  })
  expect(await request(limited.port, { path })).toMatchObject({ status: 200 })
  const third = await request(limited.port, { path })
  expect(third).toMatchObject({
    status: 429,
    json: { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
  })
  expect(Number(third.headers['retry-after'])).toBeGreaterThan(0)
  expect(await request(limited.port, { path: '/xrpc/test.heronry.query?text=b' })).toMatchObject({
    status: 200,
  })
  expect((await request(limited.port, { path: '/xrpc/a.b.c' })).headers['ratelimit-limit']).toBe('100')
})

test('a share in a common limit is counted by its points', async () => {
  const share = { shared: 'writes', points: () => 3 }
  await using limited = await startServer({
    methods: [method(echo.nothing, { rateLimit: share, handler: () => undefined })],
    rateLimits: { global: [], shared: [{ name: 'writes', limit: 6, windowMs: 60_000 }] },
  })
  const asked = { method: 'POST', path: '/xrpc/test.heronry.nothing' }
  const statuses = []
  for (let call = 0; call < 3; call++) statuses.push((await request(limited.port, asked)).status)
  expect(statuses).toEqual([200, 200, 429])
})

async function* broken(after: number): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < after; chunk++) yield new Uint8Array(100_000)
  throw new HeronryError('RepoNotFound', 'gone')
}

async function* noise(): AsyncGenerator<Uint8Array> {
  try {
    for (;;) yield randomBytes(100_000)
  } finally {
    endedStreams++
  }
}
