import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { verifyRepoCar } from '@atproto/repo'
import { snapshotMsMax } from '@heronry/db/limits'
import { Spools } from '@heronry/repo/spools'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { ExportSeats } from '../src/export-seats.ts'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

const thing = 'com.example.thing'
const readers = 50
const patienceMs = 300
const slowerAtMost = 5
const heapOnlyShareMin = 0.95
const waiting = { timeout: 60_000, interval: 1 }
const batches = 7
const perBatch = 60
const spools = new Spools(tmpdir())
const stalled: IncomingMessage[] = []

let house: ApiHouse
let big: Member
let writer: Member

beforeAll(async () => {
  const limits = { bufferBytesMax: 524_288, patienceMs, streamMsMax: 60_000 }
  const seats = new ExportSeats({ exportsMax: readers, exportsPerAddressMax: readers })
  house = await apiHouse({ exports: { seats, spools, limits, role: 'heronry_export' } })
  big = await house.member('big')
  writer = await house.member('writer')
  for (let batch = 0; batch < batches; batch++) {
    const writes = Array.from({ length: perBatch }, (_, at) => ({
      $type: 'com.atproto.repo.applyWrites#create',
      collection: thing,
      rkey: `${batch}-${at}`,
      value: { filler: 'x'.repeat(15_000) },
    }))
    const answer = await house.post('com.atproto.repo.applyWrites', { repo: big.did, writes }, { as: big })
    expect(answer.status).toBe(200)
  }
})
afterEach(() => {
  for (const reader of stalled.splice(0)) reader.destroy()
})
afterAll(() => house[Symbol.asyncDispose]())

test('fifty readers who stall hold no snapshot: writes go on, rows are pruned, and whoever reads on gets the whole repo', async () => {
  const path = `com.atproto.sync.getRepo?did=${big.did}`
  const aloneMs = await medianWriteMs('alone')
  let oldestMs = 0
  let opened = false
  let quietLooks = 0
  const released = vi.waitUntil(
    async () => {
      const { count, ageMs } = await exporting()
      oldestMs = Math.max(oldestMs, ageMs)
      // Between two that take turns there may be a look at which there is none.
      quietLooks = opened && count === 0 ? quietLooks + 1 : 0
      return quietLooks === 10
    },
    { timeout: 60_000, interval: 100 },
  )
  const opening = Promise.all(Array.from({ length: readers }, () => house.stalledGet(path)))
  await writeUntil(opening)
  stalled.push(...(await opening))
  opened = true
  expect(stalled.map(({ statusCode }) => statusCode)).toEqual(Array(readers).fill(200))
  await released
  expect(oldestMs).toBeLessThan(snapshotMsMax)
  expect(spools.bytes).toBeGreaterThan(0)

  // The machine may be busy with other things for a while, and a transaction that another test leaves open, in whatever database, keeps versions
  // here, too: never for good. So these waits, and the test, may take longer than others.
  await vi.waitUntil(async () => (await medianWriteMs('stalled')) <= slowerAtMost * aloneMs, waiting)
  await vi.waitUntil(async () => (await heapOnlyShare()) >= heapOnlyShareMin, waiting)
  expect(await keptVersions()).toBe(0)

  for (const car of await Promise.all(stalled.splice(0, 3).map(collected))) {
    expect((await verifyRepoCar(car, big.did, big.didKey)).creates).toHaveLength(batches * perBatch)
  }
  for (const reader of stalled) reader.destroy()
  await vi.waitUntil(() => spools.bytes === 0, { timeout: 10_000, interval: 20 })
}, 180_000)

/** Transactions of the role that exports: how many there are, and the age of the oldest. */
async function exporting(): Promise<{ count: number; ageMs: number }> {
  const { rows } = await sql<{ count: number; age: number }>`
    SELECT count(*)::int AS count, coalesce(extract(epoch FROM max(now() - xact_start)) * 1000, 0)::float8 AS age
      FROM pg_stat_activity WHERE datname = current_database() AND backend_xmin IS NOT NULL AND query LIKE 'COPY%'`.execute(
    house.db,
  )
  return { count: rows[0]?.count ?? 0, ageMs: rows[0]?.age ?? 0 }
}

/** Answers how long it took. */
async function write(rkey: string): Promise<number> {
  const from = performance.now()
  const input = { repo: writer.did, collection: thing, rkey, record: { rkey } }
  expect((await house.post('com.atproto.repo.createRecord', input, { as: writer })).status).toBe(200)
  return performance.now() - from
}

let written = 0

/** Of 100 writes. */
async function medianWriteMs(prefix: string): Promise<number> {
  const latencies: number[] = []
  for (let at = 0; at < 100; at++) latencies.push(await write(`${prefix}-${written++}`))
  return latencies.sort((left, right) => left - right)[50] as number
}

/** How many of the updates that some hundred writes make touch no index: where nothing is pruned, pages fill up and the rows move on. */
async function heapOnlyShare(): Promise<number> {
  const before = await updates()
  let after = before
  while (after.all - before.all < 1_000) {
    await medianWriteMs('counted')
    after = await updates()
  }
  return (after.heapOnly - before.heapOnly) / (after.all - before.all)
}

/** Connections tell their counts about once a second. */
async function updates(): Promise<{ all: number; heapOnly: number }> {
  const { rows } = await sql<{ all: number; heapOnly: number }>`
    SELECT sum(n_tup_upd)::float8 AS "all", sum(n_tup_hot_upd)::float8 AS "heapOnly"
      FROM pg_stat_user_tables WHERE relname IN ('repo', 'mst_node')`.execute(house.db)
  return rows[0] as { all: number; heapOnly: number }
}

/** Writes one after the other until then. */
async function writeUntil(ended: Promise<unknown>): Promise<void> {
  let open = true
  const closing = ended.finally(() => {
    open = false
  })
  for (let at = 0; open; at++) await write(`during-${at}`)
  await closing
}

/**
 * Versions of heads that somebody in this database may still want to see: what VACUUM must leave. Pages would not tell: pruning goes by a
 * horizon that Postgres looks up anew only when something ends, in whatever database of the cluster.
 */
async function keptVersions(): Promise<number> {
  await sql`VACUUM repo`.execute(house.db)
  const { rows } = await sql<{ kept: bigint }>`
    SELECT n_dead_tup AS kept FROM pg_stat_user_tables WHERE relname = 'repo'`.execute(house.db)
  return Number(rows[0]?.kept)
}

async function collected(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks)
}
