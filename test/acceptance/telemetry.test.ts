import { randomBytes } from 'node:crypto'
import { freePorts } from '@heronry/testing/free-ports'
import { type OtlpCollector, startOtlpCollector } from '@heronry/testing/otlp-collector'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { House } from './house.ts'
import { fiveServices, oneProcess } from './house-kinds.ts'
import { type Person, signUp } from './person.ts'

const traceId = randomBytes(16).toString('hex')
const traced = { traceparent: `00-${traceId}-${randomBytes(8).toString('hex')}-01` }

let collector: OtlpCollector
beforeAll(async () => {
  collector = await startOtlpCollector()
})
afterAll(() => collector[Symbol.asyncDispose]())

function observed(protocol: 'http/json' | 'http/protobuf'): Record<string, string> {
  return {
    LOG_ENABLED: 'true',
    LOG_LEVEL: 'trace',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_BSP_SCHEDULE_DELAY: '50',
  }
}

/** Writes a record and asks for a mail, both in the trace of the client. */
async function live({ agent, did }: Person): Promise<void> {
  const record = { $type: 'app.bsky.feed.post', text: 'hunter2', createdAt: new Date().toISOString() }
  await agent.com.atproto.repo.createRecord(
    { repo: did, collection: 'app.bsky.feed.post', record },
    { headers: traced, encoding: 'application/json' },
  )
  await agent.com.atproto.server.requestEmailConfirmation(undefined, { headers: traced })
}

/** Everything a client may tell us that is nobody else's business; what is planted holds hunter2. */
async function tellSecrets(house: House, { agent, did, handle, email, password }: Person): Promise<void> {
  const xrpc = (path: string, input?: object, headers: Record<string, string> = {}) =>
    fetch(`${house.url}/xrpc/${path}`, {
      headers: { ...(input && { 'content-type': 'application/json' }), ...headers },
      ...(input && { method: 'POST', body: JSON.stringify(input) }),
    }).then(async (response) => ({ status: response.status, text: await response.text() }))
  const bearer = (token = 'hunter2') => ({ authorization: `Bearer ${token}` })
  const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
  const { accessJwt, refreshJwt } = agent.session ?? {}
  const planted = { email: 'hunter2@example.com', password: 'hunter2', token: 'hunter2' }
  const said = [
    await xrpc('com.atproto.server.createSession', { identifier: handle, password }),
    await xrpc('com.atproto.server.createSession', { identifier: email, password: 'hunter2' }),
    await xrpc('com.atproto.server.createSession', { identifier: planted.email, ...planted }),
    await xrpc('com.atproto.server.createAccount', {
      ...planted,
      handle: 'no handle',
      inviteCode: 'hunter2',
    }),
    await xrpc('com.atproto.server.createAccount', {
      handle: 'x.test',
      ...planted,
      email,
      inviteCode: 'hunter2',
    }),
    await xrpc('com.atproto.server.createAppPassword', { name: 'hunter2' }, bearer(accessJwt)),
    await xrpc('com.atproto.server.requestPasswordReset', planted),
    await xrpc('com.atproto.server.resetPassword', planted),
    await xrpc('com.atproto.server.updateEmail', planted, bearer(accessJwt)),
    await xrpc('com.atproto.server.confirmEmail', planted, bearer(accessJwt)),
    await xrpc('com.atproto.server.getSession?accessJwt=hunter2&password=hunter2', undefined, bearer()),
    await xrpc('com.atproto.server.getSession', undefined, {
      authorization: 'DPoP hunter2',
      dpop: 'hunter2',
    }),
    await xrpc('com.atproto.server.getSession', undefined, {
      ...bearer(accessJwt),
      cookie: 'session=hunter2',
    }),
    await xrpc(
      `com.atproto.admin.getAccountInfo?did=${did}`,
      undefined,
      basic(`admin:${house.adminPassword}`),
    ),
    await xrpc(`com.atproto.admin.getAccountInfo?did=${did}`, undefined, basic('admin:hunter2')),
    await xrpc('app.bsky.feed.getTimeline?token=hunter2', undefined, bearer(accessJwt)),
    await xrpc('hunter2/hunter2?hunter2'),
    await xrpc('com.atproto.repo.createRecord', { text: 'hunter2' }, bearer(accessJwt)),
    await xrpc('com.atproto.server.refreshSession', {}, bearer(refreshJwt)),
  ]
  const fresh = await fetch(`${house.url}/xrpc/com.atproto.server.refreshSession`, {
    method: 'POST',
    headers: bearer(refreshJwt),
  })
  expect([...new Set(said.map(({ status }) => status))].toSorted()).toEqual([200, 400, 401])
  expect(fresh.status).toBe(200)
  for (const path of ['/hunter2?hunter2', '/account?code=hunter2', '/oauth/token?refresh_token=hunter2']) {
    await fetch(`${house.url}${path}`, { headers: { referer: 'https://hunter2.example/?code=hunter2' } })
  }
}

/** What no line and no span may hold. */
function secretsOf({ adminPassword }: House, person: Person): string[] {
  const { accessJwt = '', refreshJwt = '' } = person.agent.session ?? {}
  const [localPart = ''] = person.email.split('@')
  const basic = Buffer.from(`admin:${adminPassword}`).toString('base64')
  const [, claims = '', signature = ''] = accessJwt.split('.')
  return [
    adminPassword,
    basic,
    person.password,
    accessJwt,
    claims,
    signature,
    refreshJwt,
    localPart,
    'hunter2',
  ]
}

async function assertSilent(house: House, person: Person): Promise<void> {
  const told = `${house.output()}\n${collector.text()}`
  for (const method of [
    'createSession',
    'refreshSession',
    'resetPassword',
    'getAccountInfo',
    'getTimeline',
  ]) {
    expect(told, `${method} is told of`).toContain(method)
  }
  for (const secret of secretsOf(house, person)) {
    expect(secret.length).toBeGreaterThan(5)
    expect(told.includes(secret), `${secret} was told`).toBe(false)
  }
}

describe('a house in five services', () => {
  let house: House
  let person: Person
  beforeAll(async () => {
    house = await fiveServices.start({ env: observed('http/protobuf') })
    person = await signUp(house.url)
    await live(person)
    await tellSecrets(house, person)
  })
  afterAll(() => house?.[Symbol.asyncDispose]())

  test('makes one trace of requests, the commit, the job and the mail', async () => {
    const api = 'POST /xrpc/com.atproto.repo.createRecord'
    const entryway = 'POST /xrpc/com.atproto.server.requestEmailConfirmation'
    const names = [api, 'repo.commit', entryway, 'job send-mail', 'mail.send']
    const trace = await collector.waitForTrace(traceId, names)
    const span = (name: string) => trace.find((it) => it.name === name)
    expect(span('repo.commit')?.parentSpanId).toBe(span(api)?.spanId)
    expect(span('job send-mail')?.parentSpanId).toBe(span(entryway)?.spanId)
    expect(span('mail.send')?.parentSpanId).toBe(span('job send-mail')?.spanId)
    expect(names.map((name) => span(name)?.service)).toEqual([
      'heronry-api',
      'heronry-api',
      'heronry-entryway',
      'heronry-email',
      'heronry-email',
    ])
  })

  test('does not let a stranger join a trace, and links to what he brought', async () => {
    const brought = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') }
    const headers = { traceparent: `00-${brought.traceId}-${brought.spanId}-01` }
    const describe = '/xrpc/com.atproto.server.describeServer'
    await fetch(`${house.url}${describe}`, { headers: { ...headers, 'x-forwarded-for': '203.0.113.9' } })
    const linked = () =>
      collector.spans.find(({ links }) => links?.some((it) => it.spanId === brought.spanId))
    await expect
      .poll(linked, { timeout: 20_000 })
      .toMatchObject({ name: `GET ${describe}`, links: [brought] })
    expect(linked()?.parentSpanId).toBe('')
    expect(collector.spans.filter(({ traceId }) => traceId === brought.traceId)).toEqual([])
  })

  test('tells no secret in any line or span', () => assertSilent(house, person))
})

describe('a house in one process', () => {
  let house: House
  let person: Person
  let internal = ''
  beforeAll(async () => {
    const [port = 0] = await freePorts(1)
    internal = `http://127.0.0.1:${port}`
    house = await oneProcess.start({ env: { ...observed('http/json'), HERONRY_INTERNAL_PORT: String(port) } })
    person = await signUp(house.url)
    await live(person)
    await tellSecrets(house, person)
  })
  afterAll(() => house?.[Symbol.asyncDispose]())

  test('shows its metrics on the internal port alone, each once and well-formed', async () => {
    const { status } = await fetch(`${house.url}/metrics`)
    expect(status).toBe(404)
    const response = await fetch(`${internal}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const samples = parsed(await response.text())
    const value = (prefix: string) => [...samples].find(([series]) => series.startsWith(prefix))?.[1]
    expect(value('pds_accounts_created_total{')).toBe(1)
    expect(value('pds_sessions_created_total{source="createAccount"}')).toBe(1)
    expect(value('pds_xrpc_requests_total{nsid="com.atproto.repo.createRecord",code="200",error=""}')).toBe(1)
    expect(value('pds_repo_commit_duration_seconds_count{result="ok"}')).toBe(1)
    expect(value('pds_firehose_seq{role="leader"}')).toBeGreaterThan(0)
    for (const name of [
      'pds_db_pool_in_use',
      'pds_jobs_pending{queue="mail"}',
      'pds_jobs_oldest_age_seconds{queue="mail"}',
      'pds_db_pool_waiting',
      'pds_db_pool_wait_seconds_count',
      'pds_http_request_duration_seconds_count{method_nsid="com.atproto.repo.createRecord"',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(value(name), name).toBeGreaterThanOrEqual(0)
    }
    const series = [...samples.keys()].join('\n')
    for (const one of [person.did, person.handle, '127.0.0.1']) expect(series).not.toContain(one)
  })

  test('tells no secret in any line or span', () => assertSilent(house, person))
})

/** Every sample of the text format by its series; throws for a line that is none, and for a series that comes twice. */
function parsed(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n').filter((it) => it !== '' && !it.startsWith('#'))) {
    const [, series, value] = /^([a-z_][a-z0-9_]*(?:\{.*\})?) (\S+)$/i.exec(line) ?? []
    if (series === undefined || samples.has(series)) throw new Error(`Not well-formed: ${line}`)
    samples.set(series, Number(value))
  }
  return samples
}
