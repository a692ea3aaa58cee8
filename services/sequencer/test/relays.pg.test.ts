import { applyDefinitions } from '@heronry/communities/apply-definitions'
import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createWorker } from '@heronry/jobs/worker'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { testDatabase } from '@heronry/testing/postgres'
import { type TestRelay, testRelay } from '@heronry/testing/relay'
import { expect, test, vi } from 'vitest'
import { crawlThrottleMs, startCrawlMs } from '../src/limits.ts'
import { askRelays } from '../src/relays/check-relays.ts'
import { crawlRequests } from '../src/relays/crawl-requests.ts'
import { dueCrawls } from '../src/relays/due-crawls.ts'
import { observeRelays } from '../src/relays/observe-relays.ts'
import { relayHandlers } from '../src/relays/relay-handlers.ts'
import { listRelays } from '../src/relays/relay-store.ts'

const promptly = { timeout: 15_000, interval: 20 }
const fetch = createHttpFetch({ publicOnly: false, timeoutMs: 2_000 })
const never = new AbortController().signal

/** Two communities: `heron` names the relays, `stork` the first of them. */
async function relayHouse(relays: readonly TestRelay[]) {
  const database = await testDatabase()
  const { db } = database
  const crawlers = relays.map(({ url }) => url)
  await applyDefinitions(db, [community('heron', crawlers), community('stork', crawlers.slice(0, 1))])
  const lines: { msg: string; answer?: string }[] = []
  const logger = createLogger({
    ...{ service: 'sequencer', level: 'info', enabled: true },
    destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
  })
  const stopping = new AbortController()
  const running: Promise<void>[] = []
  return {
    db,
    logger,
    said: () => lines.filter(({ msg }) => msg.startsWith('A relay')).map(({ msg, answer }) => [msg, answer]),
    /** What a leader process runs for its relays. */
    run() {
      const handlers = relayHandlers({ db, fetch, logger })
      const services = [crawlRequests({ db, logger }), createWorker({ db, logger, handlers })]
      running.push(...services.map((service) => service.run(stopping.signal)))
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(running)
      await database[Symbol.asyncDispose]()
    },
  }
}

function community(slug: string, crawlers: readonly string[]) {
  return {
    ...{ slug, hostname: `${slug}.test`, publicUrl: `https://${slug}.test`, adminPassword: null },
    serviceDid: `did:web:${slug}.test` as Did,
    handleDomains: [`.${slug}.test`],
    settings: { name: slug, inviteRequired: false, links: {}, crawlers },
  }
}

async function wrote(db: Database, seqs: Record<number, number>): Promise<void> {
  for (const [id, seq] of Object.entries(seqs)) {
    const row = { community_id: Number(id), last_seq: BigInt(seq) }
    await db
      .insertInto('community_seq')
      .values(row)
      .onConflict((conflict) => conflict.column('community_id').doUpdateSet(row))
      .execute()
  }
}

test('at the start every community is announced to its relays, and what they say is kept', async () => {
  await using first = await testRelay()
  await using second = await testRelay()
  await using house = await relayHouse([first, second])
  first.status = { seq: 4, status: 'active', accountCount: 3 }
  house.run()
  await vi.waitFor(() => expect(first.requested.toSorted()).toEqual(['heron.test', 'stork.test']), promptly)
  await vi.waitFor(() => expect(second.requested).toEqual(['heron.test']), promptly)
  await vi.waitFor(async () => {
    const records = await listRelays(house.db)
    expect(
      records.map((it) => [it.relay, it.requestAnswer, it.checkAnswer, it.hostSeq, it.hostAccountCount]),
    ).toEqual(
      expect.arrayContaining([
        [first.url, 'ok', 'ok', 4, 3],
        [first.url, 'ok', 'ok', 4, 3],
        [second.url, 'ok', 'unknown host', null, null],
      ]),
    )
  }, promptly)
})

test('a relay that refuses is asked again by the job, and its refusal is kept', async () => {
  await using relay = await testRelay()
  await using house = await relayHouse([relay])
  relay.requestAnswer = 503
  house.run()
  await vi.waitFor(async () => {
    const records = await listRelays(house.db)
    expect(records.map((it) => it.requestAnswer)).toEqual(['HTTP 503', 'HTTP 503'])
  }, promptly)
  const open = () =>
    house.db
      .selectFrom('job_outbox')
      .select(['attempts', 'error'])
      .where('name', '=', 'requestCrawl')
      .where('done_at', 'is', null)
      .execute()
  await vi.waitFor(async () => {
    const jobs = await open()
    expect(jobs.map(({ attempts, error }) => [attempts, error === null])).toEqual([
      [1, false],
      [1, false],
    ])
  }, promptly)
  relay.requestAnswer = 200
  await house.db
    .updateTable('job_outbox')
    .set({ run_at: new Date(0) })
    .where('name', '=', 'requestCrawl')
    .execute()
  await vi.waitFor(async () => expect(await open()).toEqual([]), promptly)
})

test('after activity a relay is asked at once, or at the end of its throttle window; without any never', async () => {
  await using relay = await testRelay()
  await using house = await relayHouse([relay])
  const { db } = house
  await wrote(db, { 1: 10, 2: 10 })
  const asked = new Date()
  const due = async (agoMs: number, atStart = false) => {
    const found = await dueCrawls(db, { atStart, now: asked.getTime() + agoMs })
    return found.map(({ hostname }) => hostname)
  }
  const both = ['heron.test', 'stork.test']
  expect((await due(0)).toSorted()).toEqual(both)
  for (const id of [1, 2]) {
    const row = {
      community_id: id,
      url: relay.url,
      requested_at: asked,
      requested_seq: 10n,
      request_answer: 'ok',
    }
    await db
      .insertInto('relay')
      .values(row as never)
      .execute()
  }
  expect(await due(10 * crawlThrottleMs)).toEqual([])
  await wrote(db, { 1: 11 })
  expect(await due(crawlThrottleMs - 1)).toEqual([])
  expect(await due(crawlThrottleMs)).toEqual(['heron.test'])
  expect(await due(10 * crawlThrottleMs)).toEqual(['heron.test'])
  expect(await due(startCrawlMs - 1, true)).toEqual([])
  expect((await due(startCrawlMs, true)).toSorted()).toEqual(both)
})

test('a relay that falls behind, throttles or is gone is warned of once, and measured; so is its return', async () => {
  await using relay = await testRelay()
  await using house = await relayHouse([relay])
  const { db } = house
  const metrics = new Metrics({ service: 'sequencer', version: 'test' })
  observeRelays(metrics, db)
  await wrote(db, { 1: 50, 2: 20 })
  const checks = async (status: TestRelay['status']) => {
    relay.status = status
    await askRelays({ db, fetch, logger: house.logger }, never)
  }
  await checks({ seq: 20, status: 'active', accountCount: 7 })
  expect(house.said()).toEqual([])
  await checks({ seq: 20, status: 'active', accountCount: 7 })
  await checks({ seq: 20, status: 'active', accountCount: 7 })
  expect(house.said()).toEqual([['A relay does not follow', 'behind']])
  const { host } = new URL(relay.url)
  const page = await metrics.text()
  expect(page).toContain(`pds_relay_seq_behind{relay="${host}"} 30`)
  expect(page).toContain(`pds_relay_account_count{relay="${host}"} 14`)
  expect(page).toContain(`pds_relay_hosts{relay="${host}",verdict="behind"} 1`)
  await checks({ seq: 50, status: 'throttled' })
  await checks({ seq: 50, status: 'active' })
  expect(house.said().slice(1)).toEqual([
    ['A relay does not follow', 'throttled'],
    ['A relay does not follow', 'throttled'],
    ['A relay follows again', 'ok'],
    ['A relay follows again', 'ok'],
  ])
})
