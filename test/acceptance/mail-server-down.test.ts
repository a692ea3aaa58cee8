import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { AtpAgent } from '@atproto/api'
import { freePorts } from '@heronry/testing/free-ports'
import { type SmtpSink, startSmtpSink } from '@heronry/testing/smtp-sink'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { administrator, heronry } from './heronry-command.ts'
import type { House } from './house.ts'
import { oneProcessWithRedis } from './house-kinds.ts'
import { type Person, signUp } from './person.ts'

let house: House
let port: number
let sink: SmtpSink
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  ;[port = 0] = await freePorts(1)
  sink = await startSmtpSink({ port })
  const smtp = `smtp://127.0.0.1:${port}`
  const env = { PDS_EMAIL_SMTP_URL: smtp, PDS_EMAIL_FROM_ADDRESS: 'house@herons.example' }
  house = opened.use(await oneProcessWithRedis.start({ env }))
})
afterAll(() => opened.disposeAsync())

/** What each mail of `requests` is called. */
const subjects = [
  'Account Deletion Requested',
  'App Password Created',
  'PLC Update Operation Requested',
  'Password Reset Requested',
  'Sign-in Code',
]

test('a mail server that hangs, or is down, makes no request wait; each mail arrives once when it is back', async () => {
  const [well, unlucky, luckless] = [await withFactor(), await withFactor(), await withFactor()]
  const whileWell = await times(well)
  await arrived(well)
  await sink[Symbol.asyncDispose]()

  const hanging = await hangingServer()
  const whileHanging = await times(unlucky)
  await vi.waitUntil(() => hanging.calls() > 0, { timeout: 10_000, interval: 20 })
  await hanging[Symbol.asyncDispose]()
  const whileDown = await times(luckless)
  for (const ms of [...whileHanging, ...whileDown]) {
    // Far below what a connection is waited for (10 s), and no more than as slow as it was with a good server.
    expect(ms).toBeLessThan(3 * Math.max(...whileWell) + 500)
  }
  // A reset is looked up and mailed by a job of its own.
  await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(2 * subjects.length)

  await using back = await startSmtpSink({ port })
  sink = back
  await vi.waitUntil(retriedAll, { timeout: 30_000, interval: 200 })
  for (const person of [unlucky, luckless]) await arrived(person)
  expect(await waiting()).toEqual([])
  const dead = await command('mail', 'dead', '--json')
  expect(dead).toEqual([])
})

/** How long each of the requests takes that cause a mail, and a sign-up besides. */
async function times({ agent, email, password }: Person): Promise<number[]> {
  const { server, identity } = agent.com.atproto
  const stranger = new AtpAgent({ service: house.url })
  const requests = [
    () => signUp(house.url),
    () => stranger.com.atproto.server.requestPasswordReset({ email }),
    () => expect(stranger.login({ identifier: email, password })).rejects.toThrow('A sign-in code'),
    () => server.requestAccountDelete(),
    () => identity.requestPlcOperationSignature(),
    () => server.createAppPassword({ name: 'phone' }),
  ]
  const took: number[] = []
  for (const request of requests) {
    const startedAt = performance.now()
    await request()
    took.push(performance.now() - startedAt)
  }
  return took
}

/** Somebody who is asked for a code by mail; what he was mailed for it has arrived. */
async function withFactor(): Promise<Person> {
  const person = await signUp(house.url)
  const { server } = person.agent.com.atproto
  await server.requestEmailConfirmation()
  await vi.waitUntil(() => subjectsTo(person).length === 1, { timeout: 10_000, interval: 20 })
  const { text = '' } = sink.mails.findLast(({ recipients }) => recipients.includes(person.email)) ?? {}
  await server.confirmEmail({ email: person.email, token: /^ {4}(\S+)$/m.exec(text)?.[1] ?? '' })
  await server.updateEmail({ email: person.email, emailAuthFactor: true })
  await vi.waitUntil(() => subjectsTo(person).length === 2, { timeout: 10_000, interval: 20 })
  return person
}

/** Each of the mails has come, and none twice. */
async function arrived(person: Person): Promise<void> {
  const own = () => subjectsTo(person).filter((subject) => !set.includes(subject))
  await vi.waitUntil(() => own().length >= subjects.length, { timeout: 20_000, interval: 20 })
  expect(own()).toEqual(subjects)
}

const set = ['Email Confirmation', 'Second Factor Switched On']

function subjectsTo({ email }: Person): string[] {
  const mails = sink.mails.filter(({ recipients }) => recipients.includes(email))
  return mails.map(({ subject = '' }) => subject).toSorted()
}

const waiting = () => command('mail', 'queue', '--json')

/** As who runs the house does it once the server is back; else each comes by itself, half a minute after its first try. */
async function retriedAll(): Promise<boolean> {
  const ids = (await waiting()).map(({ id }) => id)
  if (ids.length > 0) await command('mail', 'retry', ...ids, '--json')
  return ids.length === 0
}

async function command(...args: string[]) {
  const { code, stdout, stderr } = await heronry(args, { env: administrator(house) })
  expect([code, stderr]).toEqual([0, ''])
  // biome-ignore lint/suspicious/noExplicitAny: what the command prints is looked at, not typed
  return JSON.parse(stdout) as any[]
}

/** Takes every connection on the port and says nothing. */
async function hangingServer() {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    sockets.add(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    calls: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
