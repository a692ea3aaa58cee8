import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import { afterEach, expect, test, vi } from 'vitest'
import { httpService } from './http-service.ts'
import { hangUpMsMax } from './limits.ts'

afterEach(() => void vi.useRealTimers())

/** A service that answers `/slow` when it is let to. */
async function started() {
  const release = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const app = fastify()
  app.get('/', async () => 'here')
  app.get('/slow', async () => {
    asked.resolve()
    await release.promise
    return 'at last'
  })
  const stop = new AbortController()
  const ended = (await httpService(app, { port: 0 })).run(stop.signal)
  return { app, asked: asked.promise, release: release.resolve, stop: () => stop.abort(), ended }
}

/** A client's connection, which asks to be kept alive, and all that comes on it. */
async function ask(app: FastifyInstance, path: string) {
  const { port } = app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('utf8').on('error', () => {})
  const client = { socket, answer: '', closed: once(socket, 'close') }
  socket.on('data', (text) => (client.answer += text))
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: here\r\nConnection: keep-alive\r\n\r\n`)
  return client
}

async function isRefused(app: FastifyInstance, { remotePort }: Socket): Promise<boolean> {
  const [error] = await once(connect(remotePort ?? 0, '127.0.0.1'), 'error').catch((cause) => [cause])
  return !app.server.listening && (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
}

test('told to end, it answers what is in flight, closes what is idle, and refuses what comes', async () => {
  const { app, asked, release, stop, ended } = await started()
  const idle = await ask(app, '/')
  await vi.waitUntil(() => idle.answer.endsWith('here'))
  const busy = await ask(app, '/slow')
  await asked
  stop()
  await idle.closed
  expect(await isRefused(app, busy.socket)).toBe(true)
  expect(busy.answer).toBe('')
  release()
  await busy.closed
  expect(busy.answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*at last$/i)
  await ended
})

test('a request that does not end is cut after its time, and not before', async () => {
  const { app, asked, stop, ended } = await started()
  const busy = await ask(app, '/slow')
  await asked
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  stop()
  await vi.advanceTimersByTimeAsync(hangUpMsMax - 1)
  expect(busy.socket.closed).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  await busy.closed
  expect(busy.answer).toBe('')
  await ended
})
