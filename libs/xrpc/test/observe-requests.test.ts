import { once } from 'node:events'
import { l } from '@atproto/lex'
import { XRPCError } from '@atproto/xrpc-server'
import { Metrics } from '@heronry/telemetry/metrics'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { errorNamesMax, userAgentCharsMax } from '../src/limits.ts'
import { method, subscription } from '../src/method.ts'
import * as echo from './echo-lexicons.ts'
import { echoMethods } from './echo-methods.ts'
import { type Asked, request } from './request.ts'
import { eventually, type RunningServer, startServer } from './start-server.ts'

const metrics = new Metrics({ service: 'test', version: '1' })
const stream = l.subscription('test.heronry.stream2', l.params({}), l.typedUnion([], false))
const named = method(echo.required, {
  handler: ({ params }) => {
    throw new XRPCError(400, 'from elsewhere', params.text)
  },
})

let server: RunningServer

beforeAll(async () => {
  const methods = [named, ...echoMethods.filter(({ schema }) => schema.nsid !== echo.required.nsid)]
  const subscriptions = [subscription(stream, { handler: () => {} })]
  server = await startServer({ methods, subscriptions, metrics, devMode: false })
})

beforeEach(() => {
  server.log.length = 0
})

afterAll(() => server[Symbol.asyncDispose]())

/** The one line that tells of a request. */
async function lineOf(asked: Asked): Promise<Record<string, unknown>> {
  await request(server.port, asked)
  await eventually(() => server.log.length > 0)
  expect(server.log).toHaveLength(1)
  return server.log[0] as Record<string, unknown>
}

test('an answer is told in one line: who was asked what, and how it went', async () => {
  const line = await lineOf({
    path: '/xrpc/test.heronry.query?text=hunter2',
    headers: { 'user-agent': 'goat/1' },
  })
  expect(line).toEqual({
    level: 30,
    time: expect.any(String),
    service: 'test',
    requestId: expect.stringMatching(/^[\w-]{36}$/),
    method: 'GET',
    nsid: 'test.heronry.query',
    status: 200,
    ms: expect.any(Number),
    bytes: expect.any(Number),
    community: 'herons',
    userAgent: 'goat/1',
    msg: 'request',
  })
})

test('a refusal is told with the name of its error; a fault of ours as an error, with its cause', async () => {
  const refusal = { status: 400, error: 'RecordNotFound', level: 30, community: 'herons' }
  expect(await lineOf({ path: '/xrpc/test.heronry.fails?how=named' })).toMatchObject(refusal)
  server.log.length = 0
  const fault = await lineOf({ path: '/xrpc/test.heronry.fails?how=broken' })
  expect(fault).toMatchObject({ status: 500, error: 'InternalServerError', level: 50 })
  expect(fault['err']).toMatchObject({ message: 'a secret of the inside', stack: expect.any(String) })
})

test('no line holds a token, a path, a query, or more of the user agent than there is room for', async () => {
  const secrets = { authorization: 'Bearer hunter2', cookie: 'hunter2', 'x-forwarded-for': 'hunter2' }
  await lineOf({ path: '/xrpc/test.heronry.secret?password=hunter2', headers: secrets })
  await request(server.port, { path: '/hunter2?hunter2', headers: secrets })
  await request(server.port, { path: '/xrpc/hunter2', headers: secrets })
  await eventually(() => server.log.length === 3)
  expect(JSON.stringify(server.log)).not.toContain('hunter2')
  server.log.length = 0
  const agent = 'a'.repeat(userAgentCharsMax + 1)
  const line = await lineOf({ path: '/xrpc/test.heronry.query', headers: { 'user-agent': agent } })
  expect(line['userAgent']).toBe('a'.repeat(userAgentCharsMax))
})

test('a method of nobody is told by its name, and counted as other', async () => {
  const path = '/xrpc/app.bsky.feed.getTimeline'
  expect(await lineOf({ path })).toMatchObject({ nsid: 'app.bsky.feed.getTimeline', status: 401 })
  const text = await metrics.text()
  expect(text).toContain('pds_xrpc_requests_total{nsid="other",code="401",error="AuthMissing"}')
  expect(text).not.toContain('getTimeline')
})

test('a WebSocket is told when it closes', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/xrpc/test.heronry.stream2`, {
    headers: { host: 'herons.example' },
  })
  await once(socket, 'open')
  expect(server.log).toEqual([])
  expect(await metrics.text()).toContain('pds_http_requests_in_flight 1\n')
  socket.close()
  await eventually(() => server.log.length > 0)
  expect(server.log).toMatchObject([{ nsid: 'test.heronry.stream2', status: 101, msg: 'request' }])
})

test('only so many names of errors are counted apart', async () => {
  const own = new Metrics({ service: 'test', version: '1' })
  await using fresh = await startServer({ methods: [named], metrics: own })
  for (let index = 0; index < errorNamesMax + 5; index++) {
    await request(fresh.port, { path: `/xrpc/test.heronry.required?text=Fault${index}` })
  }
  await eventually(() => fresh.log.filter(({ nsid }) => nsid).length === errorNamesMax + 5)
  const lines = (await own.text()).split('\n')
  expect(lines.filter((line) => line.includes('error="Fault'))).toHaveLength(errorNamesMax)
  const others = 'pds_xrpc_requests_total{nsid="test.heronry.required",code="400",error="other"} 5'
  expect(lines).toContain(others)
})
