import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentCodingsMax, jsonBytesMax, jsonDepthMax } from '../src/limits.ts'
import { method } from '../src/method.ts'
import * as echo from './echo-lexicons.ts'
import { behaviour, echoMethods } from './echo-methods.ts'
import { exchange, request } from './request.ts'
import { eventually, type RunningServer, startServer } from './start-server.ts'

let server: RunningServer
let calls = 0
const wide = method(echo.json, {
  bodyBytesMax: 1_000_000,
  acceptsNul: true,
  handler: ({ input }) => {
    calls++
    return { body: { got: { name: input.body.name } } }
  },
})
beforeAll(async () => {
  const others = echoMethods.filter(({ schema }) => schema.nsid !== echo.json.nsid)
  server = await startServer({ methods: [...others, wide] })
})
afterAll(() => server?.app.close())

const jsonPath = '/xrpc/test.heronry.json'
const post = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
  request(server.port, {
    method: 'POST',
    path: jsonPath,
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })
const nested = (depth: number) => `{"name":"a","value":${'{"a":'.repeat(depth - 1)}1${'}'.repeat(depth - 1)}}`

describe('of JSON', () => {
  test('a megabyte of brackets is refused, open or closed', async () => {
    const refused = { status: 400, json: { error: 'InvalidRequest' } }
    expect(await post('['.repeat(1_000_000))).toMatchObject(refused)
    expect(await post('{"a":'.repeat(200_000))).toMatchObject(refused)
    expect(await post('['.repeat(500_000) + ']'.repeat(500_000))).toMatchObject(refused)
  })

  test('nesting is accepted at its limit and not one past it', async () => {
    expect(await post(nested(jsonDepthMax))).toMatchObject({ status: 200 })
    expect(await post(nested(jsonDepthMax + 1))).toMatchObject({ status: 400 })
  })

  test('brackets inside of strings are no nesting', async () => {
    expect(await post(`{"name":"a","more":"${'[\\"{'.repeat(10_000)}"}`)).toMatchObject({ status: 200 })
  })

  test('a body is accepted at its limit and not one byte past it, however it is framed', async () => {
    const body = (bytes: number) => `{"name":"a","more":"${'x'.repeat(bytes - 22)}"}`
    expect(Buffer.byteLength(body(1_000_000))).toBe(1_000_000)
    expect(await post(body(1_000_000))).toMatchObject({ status: 200 })
    expect(await post(body(1_000_001))).toMatchObject({ status: 413, json: { error: 'PayloadTooLarge' } })
    const secret = { method: 'POST', path: '/xrpc/test.heronry.secretJson' }
    const headers = { 'content-type': 'application/json', authorization: 'Bearer good' }
    for (const chunked of [true, false]) {
      const ask = (bytes: number) => request(server.port, { ...secret, headers, chunked, body: body(bytes) })
      expect(await ask(jsonBytesMax)).toMatchObject({ status: 200 })
      expect(await ask(jsonBytesMax + 1)).toMatchObject({ status: 413 })
    }
  })

  test('NUL is refused in a string, but for records, in which it may stand', async () => {
    expect(await post('{"name":"a\\u0000"}')).toMatchObject({ status: 200 })
    const optional = { method: 'POST', path: '/xrpc/test.heronry.optional' }
    const headers = { 'content-type': 'application/json' }
    for (const body of ['{"name":"\\u0000"}', '{"\\u0000":1}', '{"x":[{"y":"\\u0000"}]}', '{"name":"\0"}']) {
      expect(await request(server.port, { ...optional, headers, body })).toMatchObject({ status: 400 })
    }
    const escaped = { ...optional, headers, body: '{"name":"\\\\u0000"}' }
    expect(await request(server.port, escaped)).toMatchObject({ json: { got: { name: '\\u0000' } } })
  })

  test('NUL in a param is refused', async () => {
    const answer = await request(server.port, { path: '/xrpc/test.heronry.query?text=%00' })
    expect(answer).toMatchObject({ status: 400, json: { error: 'InvalidRequest' } })
  })
})

describe('of codings', () => {
  const bomb = (layers: number) => {
    let bytes: Buffer = gzipSync(Buffer.alloc(50_000_000))
    for (let layer = 1; layer < layers; layer++) bytes = gzipSync(bytes)
    return bytes
  }

  test('a bomb is refused before it was unpacked', async () => {
    for (const layers of [1, 2]) {
      const coding = Array(layers).fill('gzip').join(', ')
      expect(await post(bomb(layers), { 'content-encoding': coding })).toMatchObject({ status: 413 })
      const asBlob = { 'content-encoding': coding, 'content-type': 'image/png' }
      const image = { method: 'POST', path: '/xrpc/test.heronry.image', headers: asBlob, body: bomb(layers) }
      expect(await request(server.port, image)).toMatchObject({ status: 413 })
    }
  })

  test('what decodes to nothing is bounded by what it takes on the wire', async () => {
    const empty = gzipSync('')
    const body = Buffer.concat(Array(120_000).fill(empty))
    expect(body.length).toBeGreaterThan(2_000_000)
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' }
    const asked = { method: 'POST', path: jsonPath, headers, body, chunked: true }
    expect(await request(server.port, asked)).toMatchObject({ status: 413 })
  })

  test('codings are taken up to their limit and not past it', async () => {
    let body: Buffer = Buffer.from('{"name":"a"}')
    for (let layer = 0; layer < contentCodingsMax; layer++) body = gzipSync(body)
    const coding = (count: number) => ({ 'content-encoding': Array(count).fill('gzip').join(',') })
    expect(await post(body, coding(contentCodingsMax))).toMatchObject({ status: 200 })
    expect(await post(gzipSync(body), coding(contentCodingsMax + 1))).toMatchObject({ status: 415 })
  })

  test('a coding cut short is refused', async () => {
    const whole = gzipSync('{"name":"a"}')
    expect(await post(whole.subarray(0, 20), { 'content-encoding': 'gzip' })).toMatchObject({ status: 400 })
  })
})

describe('of the wire', () => {
  test('a body that is cut short never reaches its handler', async () => {
    calls = 0
    const head = `POST ${jsonPath} HTTP/1.1\r\nHost: herons.example\r\nContent-Type: application/json\r\n`
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`${head}Content-Length: 100\r\n\r\n{"name":"a"}`, () => socket.resetAndDestroy())
    await eventually(() => server.log.some(({ err }) => (err as Error)?.message?.includes('cut short')))
    expect(calls).toBe(0)
    expect(server.log.filter(({ level }) => (level as number) >= 50)).toEqual([])
  })

  test('a client that goes while its blob still waits to be read is an error of that call alone', async () => {
    let outcome: unknown
    const patient = method(echo.blob, {
      handler: async ({ input }) => {
        await new Promise((resolve) => input.body.once('close', resolve))
        outcome = await behaviour.size(input.body).catch((error) => error)
        throw outcome
      },
    })
    await using one = await startServer({ methods: [patient] })
    const socket = connect(one.port, '127.0.0.1')
    socket.on('error', () => {})
    const head =
      'POST /xrpc/test.heronry.blob HTTP/1.1\r\nHost: herons.example\r\nContent-Type: image/png\r\n'
    socket.write(`${head}Content-Length: 100\r\n\r\nhalf`, () => socket.resetAndDestroy())
    await eventually(() => outcome !== undefined)
    expect(outcome).toMatchObject({ message: 'The request body was cut short' })
  })

  test('credentials are looked at before a byte of the body has come', async () => {
    const head = 'POST /xrpc/test.heronry.secretJson HTTP/1.1\r\nHost: herons.example\r\n'
    const answer = await exchange(
      server.port,
      `${head}Content-Type: application/json\r\nContent-Length: 5\r\n\r\n`,
      '}',
    )
    expect(answer).toMatch(/^HTTP\/1.1 401 /)
    expect(answer).toContain('AuthMissing')
  })

  test('a connection serves its next request after a body that was refused', async () => {
    const body = 'x'.repeat(100_000)
    const head =
      'POST /xrpc/test.heronry.blob HTTP/1.1\r\nHost: herons.example\r\nTransfer-Encoding: chunked\r\n'
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n`
    const next = 'GET /xrpc/test.heronry.query?text=next HTTP/1.1\r\nHost: herons.example\r\n\r\n'
    const sent = `${head}Content-Type: image/png\r\n\r\n${chunk.repeat(3)}0\r\n\r\n${next}`
    const answers = await exchange(server.port, sent, '"next"')
    expect(answers).toMatch(/^HTTP\/1.1 413 /)
    expect(answers).toContain('"text":"next"')
  })

  test.each([
    ['no HTTP at all', 'heron\r\n\r\n', 400],
    [
      'two lengths',
      'POST /xrpc/a.b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
    ],
    [
      'a length and chunks',
      'POST /xrpc/a.b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a length in words', 'POST /xrpc/a.b HTTP/1.1\r\nHost: a\r\nContent-Length: one\r\n\r\n', 400],
    ['headers of a megabyte', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`, 431],
    [
      'a path that cannot be read',
      'GET /xrpc/%zz HTTP/1.1\r\nHost: herons.example\r\nConnection: close\r\n\r\n',
      400,
    ],
    [
      'a verb that nobody has',
      'PROPFIND /xrpc/a.b.c HTTP/1.1\r\nHost: herons.example\r\nConnection: close\r\n\r\n',
      400,
    ],
  ])('%s is answered in the envelope, with a request id', async (_name, sent, status) => {
    const answer = await exchange(server.port, sent)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(answer.toLowerCase()).toContain('\r\nx-request-id: ')
    expect(answer).toContain('"error":"InvalidRequest"')
  })
})

describe('of hosts', () => {
  const ask = (host: string, path = '/xrpc/test.heronry.query') =>
    exchange(server.port, `GET ${path} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)

  test.each([
    'herons.example',
    'HERONS.example',
    'storks.example:2583',
    'herons.example.',
    'storks.example.:80',
  ])('the host %s is served', async (host) =>
    expect(await ask(`Host: ${host}\r\n`)).toMatch(/^HTTP\/1.1 200 /),
  )

  test.each([
    '',
    'nobody.example',
    '[::1]',
    '[::1]:2583',
    '127.0.0.1',
    'herons.example@evil',
    'a b',
    'x'.repeat(5_000),
  ])('the host "%.20s" is nobody: 421', async (host) => {
    const answer = await ask(`Host: ${host}\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 421 /)
    expect(answer).toContain('"error":"UnknownHost"')
  })

  test.each([
    ['none', ''],
    ['two', 'Host: herons.example\r\nHost: storks.example\r\n'],
    ['one with a control character', 'Host: herons\u0001.example\r\n'],
  ])('%s: 400', async (_name, host) => {
    expect(await ask(host)).toMatch(/^HTTP\/1.1 400 /)
  })

  test('none in HTTP 1.0 is nobody where there are two communities', async () => {
    const answer = await exchange(server.port, 'GET /xrpc/test.heronry.query HTTP/1.0\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 421 /)
  })

  test("a handle's own host has no XRPC, known method or not", async () => {
    for (const path of ['/xrpc/test.heronry.query', '/xrpc/a.b.c', '/xrpc/bad..nsid']) {
      expect(await ask('Host: grey.birds.example\r\n', path)).toMatch(/^HTTP\/1.1 404 /)
    }
  })
})
