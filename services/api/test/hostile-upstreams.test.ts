import { request as httpRequest } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Did } from '@heronry/core/did'
import { Metrics } from '@heronry/telemetry/metrics'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { openRequest } from './request.ts'
import { type UpstreamServer, upstreamServer } from './upstream-server.ts'

const timeline = 'app.bsky.feed.getTimeline'
const limits = {
  headersTimeoutMs: 300,
  bodyTimeoutMs: 300,
  exchangeMsMax: 900,
  answerBytesMax: 100_000,
  failuresInARowMax: 1_000,
}

let appView: UpstreamServer
let house: ApiHouse
let member: Member
const metrics = new Metrics({ service: 'test', version: '0' })
beforeAll(async () => {
  appView = await upstreamServer()
  const settings = { appView: { url: appView.url, did: 'did:web:appview.example.com' as Did } }
  house = await apiHouse({ metrics, settings, proxy: { limits } })
  member = await house.member('member')
})
afterAll(async () => {
  await house[Symbol.asyncDispose]()
  await appView[Symbol.asyncDispose]()
})
afterEach(async () => {
  await expect.poll(inFlight).toBe(0)
})

const ask = () => house.ask(timeline, { as: member })
const inFlight = async () => Number(/^pds_proxy_in_flight(?:\{.*\})? (\d+)/m.exec(await metrics.text())?.[1])
const unreachable = {
  status: 502,
  json: { error: 'UpstreamFailure', message: 'Upstream service unreachable' },
}
const cut = { code: 'ECONNRESET' }
const json = { 'content-type': 'application/json' }

describe('an upstream that', () => {
  test('never answers is given up, and the client told so', async () => {
    appView.will(() => {})
    expect(await ask()).toMatchObject(unreachable)
  })

  test('stops in the middle of its answer breaks off the client’s', async () => {
    appView.will((_request, response) => void response.writeHead(200, json).write('{"a":'))
    await expect(ask()).rejects.toMatchObject(cut)
  })

  test('resets the connection before its answer is unreachable, and in the middle breaks off the client’s', async () => {
    appView.will((request) => request.socket.resetAndDestroy())
    expect(await ask()).toMatchObject(unreachable)
    appView.will((request, response) => {
      response.writeHead(200, json).write('{"a":', () => setImmediate(() => request.socket.resetAndDestroy()))
    })
    await expect(ask()).rejects.toMatchObject(cut)
  })

  test('promises more bytes than it sends never looks like a whole answer', async () => {
    appView.will((request) => {
      request.socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":1}',
      )
    })
    await expect(ask()).rejects.toMatchObject(cut)
  })

  test('sends more bytes than it promised has none of them in this answer or the next', async () => {
    const secret = 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged'
    appView.will((request) => {
      request.socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}${secret}`,
      )
    })
    expect(await ask()).toMatchObject({ status: 200, json: { a: 1 } })
    appView.will((_request, response) => void response.writeHead(200, json).end('{"b":2}'))
    expect(await ask()).toMatchObject({ status: 200, json: { b: 2 } })
  })

  test('compresses is passed on as it is, to who understands it', async () => {
    const page = gzipSync(JSON.stringify({ text: 'heron '.repeat(1_000) }))
    appView.will((request, response) => {
      const takes = request.headers['accept-encoding'] === 'gzip, br'
      response.writeHead(200, { ...json, 'content-encoding': takes ? 'gzip' : 'x' }).end(page)
    })
    const headers = { 'accept-encoding': 'gzip, br' }
    const answer = await openRequest({
      port: house.port,
      host: 'herons.test',
      path: timeline,
      headers: { ...headers, ...member.session },
    })
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk)
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(Buffer.concat(chunks)).toEqual(page)
    expect(gunzipSync(page).length).toBeGreaterThan(6_000)
  })

  test('compresses its error is read; a bomb is not unpacked', async () => {
    const error = (message: string) => gzipSync(JSON.stringify({ error: 'Compressed', message }))
    const answer = (body: Buffer) =>
      appView.will((_request, response) => {
        response.writeHead(400, { ...json, 'content-encoding': 'gzip' }).end(body)
      })
    answer(error('small'))
    expect(await ask()).toMatchObject({ status: 400, json: { error: 'Compressed', message: 'small' } })
    answer(error('x'.repeat(1_000_000)))
    expect(await ask()).toMatchObject({ status: 400, json: { error: 'InvalidRequest' } })
  })

  test('has a head without an end is unreachable', async () => {
    appView.will((request) => {
      request.socket.write(`HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(20_000)}\r\ncontent-length: 0\r\n\r\n`)
    })
    expect(await ask()).toMatchObject(unreachable)
  })

  test('speaks no HTTP is unreachable', async () => {
    appView.will((request) => void request.socket.end('220 mail.example.com ESMTP\r\n'))
    expect(await ask()).toMatchObject(unreachable)
  })

  test('drips breaks off when the whole exchange has taken too long', async () => {
    let drips: NodeJS.Timeout | undefined
    appView.will((_request, response) => {
      response.writeHead(200, json)
      drips = setInterval(() => response.write(' '), 50)
    })
    await expect(ask()).rejects.toMatchObject(cut)
    clearInterval(drips)
  })

  test('answers as many bytes as it may is passed on; with one more it is refused, or cut where it did not say', async () => {
    const answer = (bytes: number, announced: boolean) =>
      appView.will((_request, response) => {
        const length = announced ? { 'content-length': bytes } : {}
        response.writeHead(200, { 'content-type': 'text/plain', ...length }).end('x'.repeat(bytes))
      })
    for (const announced of [true, false]) {
      answer(limits.answerBytesMax, announced)
      expect((await ask()).bytes.length).toBe(limits.answerBytesMax)
    }
    answer(limits.answerBytesMax + 1, true)
    expect(await ask()).toMatchObject(unreachable)
    answer(limits.answerBytesMax + 1, false)
    await expect(ask()).rejects.toMatchObject(cut)
  })

  test('errs at length is not read to the end', async () => {
    appView.will((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.write('x'.repeat(1_000))
    })
    const startedAt = performance.now()
    expect((await ask()).status).toBe(502)
    expect(performance.now() - startedAt).toBeLessThan(250)
    appView.will((_request, response) => void response.writeHead(400, json).end(`"${'x'.repeat(100_000)}"`))
    expect(await ask()).toMatchObject({ status: 502 })
  })
})

test('what became of each request is counted, and nobody is named', async () => {
  appView.will((_request, response) => void response.writeHead(400, json).end('{}'))
  await ask()
  const told = (await metrics.text()).split('\n').filter((line) => line.startsWith('pds_proxy_'))
  for (const outcome of ['answered', 'refused', 'failed', 'cut', 'timeout', 'unreachable', 'too_large']) {
    const line = `pds_proxy_requests_total{upstream="appview",outcome="${outcome}"}`
    expect(
      told.some((it) => it.startsWith(line)),
      outcome,
    ).toBe(true)
  }
  expect(told.join()).not.toMatch(/did:|127\.0\.0\.1|searchActors/)
})

describe('a client that', () => {
  test('goes away takes its request to the upstream with it', async () => {
    let closed = false
    appView.will((request) => request.socket.once('close', () => (closed = true)))
    const asked = appView.asked.length
    const options = { port: house.port, path: `/xrpc/${timeline}` }
    const request = httpRequest({ ...options, headers: { ...member.session, host: 'herons.test' } })
    request.on('error', () => {}).end()
    await expect.poll(() => appView.asked.length).toBe(asked + 1)
    request.destroy()
    await expect.poll(() => closed).toBe(true)
  })

  test('does not read has the upstream wait, not the house remember', async () => {
    let sent = 0
    appView.will((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const send = () => {
        while (sent < 90_000_000 && response.write(Buffer.alloc(10_000))) sent += 10_000
      }
      response.on('drain', send).on('error', () => {})
      send()
    })
    await using roomy = await apiHouse({
      settings: { appView: { url: appView.url, did: 'did:web:appview.example.com' as Did } },
      proxy: { limits: { answerBytesMax: 100_000_000, exchangeMsMax: 700 } },
    })
    const reader = await roomy.member('reader')
    const answer = await openRequest({
      port: roomy.port,
      host: 'herons.test',
      path: timeline,
      headers: reader.session,
    })
    answer.pause()
    const ended = new Promise((resolve) => answer.once('close', resolve).on('error', () => {}))
    let before = -1
    const grown = () => {
      const by = sent - before
      before = sent
      return by
    }
    await expect.poll(grown, { interval: 100 }).toBe(0)
    // What the sockets of three processes hold, and no more.
    expect(sent).toBeLessThan(20_000_000)
    answer.resume()
    await ended
  })
})
