import { l } from '@atproto/lex'
import { Frame } from '@atproto/xrpc-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { subscriberMessageBytesMax } from '../src/limits.ts'
import { subscription } from '../src/method.ts'
import { echoMethods } from './echo-methods.ts'
import { request } from './request.ts'
import { eventually, type RunningServer, startServer } from './start-server.ts'

const events = l.subscription(
  'test.heronry.events',
  l.params({ cursor: l.optional(l.integer()) }),
  l.typedUnion([], false),
)
const faulty = l.subscription('test.heronry.faulty', l.params({}), l.typedUnion([], false))

const subscriptions = [
  subscription(events, {
    handler: ({ params, community, socket }) => {
      socket.send(`${community.slug} from ${params.cursor ?? 'now'}`)
    },
  }),
  subscription(faulty, {
    handler: async () => {
      throw new Error('a secret of the inside')
    },
  }),
]

let server: RunningServer
beforeAll(async () => {
  server = await startServer({ methods: echoMethods, subscriptions })
})
afterAll(() => server?.app.close())

function open(path: string, { host = 'herons.example', port = server.port } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { host },
    perMessageDeflate: true,
  })
  const got = { messages: [] as Buffer[], closed: undefined as number | undefined, status: 0, failed: false }
  socket.on('message', (data) => got.messages.push(data as Buffer))
  socket.on('close', (code) => {
    got.closed = code
  })
  socket.on('unexpected-response', (_request, response) => {
    got.status = response.statusCode ?? 0
    socket.terminate()
  })
  socket.on('error', () => {
    got.failed = true
  })
  return { socket, got }
}

test('a handler gets the socket, its params and the community of the host', async () => {
  for (const [host, path] of [
    ['herons.example', '/xrpc/test.heronry.events?cursor=7'],
    ['storks.example', '/xrpc/test.heronry.events/'],
  ] as const) {
    const { socket, got } = open(path, { host })
    await eventually(() => got.messages.length > 0)
    expect(got.messages.join()).toBe(host === 'herons.example' ? 'herons from 7' : 'storks from now')
    expect(socket.extensions).toBe('')
    socket.close()
  }
})

test('params that do not parse, and a handler that throws, are told by an error frame', async () => {
  for (const [path, error] of [
    ['/xrpc/test.heronry.events?cursor=x', 'InvalidRequest'],
    ['/xrpc/test.heronry.faulty', 'InternalServerError'],
  ] as const) {
    const { got } = open(path)
    await eventually(() => got.closed !== undefined)
    expect(got.closed).toBe(1008)
    const frame = Frame.fromBytes(got.messages[0] ?? Buffer.of())
    expect(frame).toMatchObject({ header: { op: -1 }, body: { error } })
    expect(JSON.stringify(frame)).not.toContain('secret')
  }
})

test('a host of nobody and the host of a handle are refused before the upgrade', async () => {
  for (const [host, status] of [
    ['nobody.example', 421],
    ['grey.birds.example', 404],
  ] as const) {
    const { got } = open('/xrpc/test.heronry.events', { host })
    await eventually(() => got.failed || got.status > 0)
    expect(got.status).toBe(status)
  }
})

test('an upgrade of anything else has its socket destroyed', async () => {
  for (const path of [
    '/xrpc/test.heronry.unknown',
    '/xrpc/test.heronry.query',
    '/elsewhere',
    '/xrpc/bad..nsid',
  ]) {
    const { got } = open(path)
    await eventually(() => got.failed)
    expect(got).toMatchObject({ status: 0, messages: [] })
  }
})

test('a subscription asked for without an upgrade is no method of ours', async () => {
  const answer = await request(server.port, { path: '/xrpc/test.heronry.events' })
  expect(answer).toMatchObject({ status: 401, json: { error: 'AuthMissing' } })
})

test('a subscriber may say little, and is dropped for more', async () => {
  const { socket, got } = open('/xrpc/test.heronry.events')
  await eventually(() => got.messages.length > 0)
  socket.send(Buffer.alloc(subscriberMessageBytesMax))
  await new Promise((resolve) => socket.once('pong', resolve).ping())
  expect(got.closed).toBeUndefined()
  socket.send(Buffer.alloc(subscriberMessageBytesMax + 1))
  await eventually(() => got.closed !== undefined)
})

test('the server stops though a subscriber does not let go', async () => {
  const stopping = await startServer({ methods: [], subscriptions })
  const { socket, got } = open('/xrpc/test.heronry.events', { port: stopping.port })
  await eventually(() => got.messages.length > 0)
  socket.pause()
  await stopping.app.close()
  socket.terminate()
})
