import type { Seq } from '@heronry/core/ids'
import { openDatabase } from '@heronry/db/database'
import { reannounceMany } from '@heronry/jobs/kinds/reannounce'
import { createLogger } from '@heronry/telemetry/logger'
import { Metrics } from '@heronry/telemetry/metrics'
import { expect, test, vi } from 'vitest'
import { Leader, type LeaderOptions } from '../src/leader/leader.ts'
import { openSession } from '../src/leader/session.ts'
import { beginTerm, type Term } from '../src/leader/term.ts'
import { seqMargin, witnessLeadMax } from '../src/limits.ts'
import { verifyTerm } from '../src/rollback/verify-term.ts'
import type { Witness } from '../src/rollback/witness.ts'
import { commitOne, stampingHouse } from './stamping-house.ts'

type House = Awaited<ReturnType<typeof stampingHouse>>

const promptly = { timeout: 10_000, interval: 5 }

/** A witness that says what it is told to say: `absent` where it cannot be asked. */
function witness(says: { seq: number | 'absent' | undefined }, name = 'relay'): Witness {
  return {
    name,
    async lastSeq() {
      if (says.seq === 'absent') throw new Error('not there')
      return says.seq as Seq | undefined
    },
  }
}

async function leading(house: House, options: Partial<LeaderOptions> = {}) {
  const lines: string[] = []
  const logger = createLogger({
    ...{ service: 'sequencer', level: 'info', enabled: true },
    destination: { write: (line: string) => void lines.push(line) },
  })
  const stopping = new AbortController()
  const announced: Seq[] = []
  const given = {
    db: house.db,
    databaseUrl: house.url,
    logger,
    announce: ({ lastSeq }: { lastSeq: Seq }) => void announced.push(lastSeq),
  }
  const running = new Leader({ ...given, ...options }).run(stopping.signal)
  return {
    lines,
    announced,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

async function state({ control }: House) {
  const { rows } = await control.query(
    `SELECT last_seq::int AS "lastSeq", floor_id::int AS "floorId", epoch = verified_epoch AS verified,
       system_id IS NOT NULL AND timeline > 0 AND table_oid > 0 AS placed FROM seq_state`,
  )
  return rows[0]
}

async function numbered({ control }: House): Promise<number[]> {
  const { rows } = await control.query('SELECT seq::int FROM event_seq ORDER BY seq')
  return rows.map(({ seq }) => seq)
}

async function resumptions({ control }: House) {
  const { rows } = await control.query(
    `SELECT doubts, found_seq::int AS found, witnessed_seq::int AS witnessed, stragglers::int, reannounced
     FROM seq_resumption ORDER BY id`,
  )
  return rows
}

async function jobs({ control }: House) {
  const { rows } = await control.query('SELECT name, payload FROM job_outbox ORDER BY id')
  return rows
}

test('where nobody has seen more, a term is verified and nothing is left out', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await using _leader = await leading(house, { witnesses: async () => [witness({ seq: undefined })] })
  await commitOne(house.control, 1)
  await commitOne(house.control, 2)
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([1, 2]), promptly)
  expect(await state(house)).toMatchObject({ verified: true, placed: true })
  expect(await resumptions(house)).toEqual([])
})

test('where a witness has seen more, numbering goes on beyond it, and everybody is announced again', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await commitOne(house.control, 1)
  await using leader = await leading(house, { witnesses: async () => [witness({ seq: 700 })] })
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([seqMargin + 701]), promptly)
  await commitOne(house.control, 2)
  await vi.waitFor(async () => expect(await numbered(house)).toHaveLength(2), promptly)
  expect(await numbered(house)).toEqual([seqMargin + 701, seqMargin + 702])
  expect(leader.announced[0]).toBe(seqMargin + 701)
  expect(await resumptions(house)).toEqual([
    { doubts: ['witness'], found: 0, witnessed: 700, stragglers: 1, reannounced: 'everyone' },
  ])
  const [job, ...more] = await jobs(house)
  expect(more).toEqual([])
  expect(job.name).toBe('reannounceMany')
  expect(Object.keys(reannounceMany.parse(job.payload))).toEqual(['afterRev'])
})

test('a database that was elsewhere is doubted, each time once', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  const moved = {
    system: `system_id = 'another'`,
    timeline: 'timeline = 0',
    table: 'table_oid = 1',
    snapshot: `snapshot = '4000000000000:4000000000000:'`,
  }
  const expected: number[] = []
  for (const [round, change] of ['', ...Object.values(moved)].entries()) {
    if (change !== '') await house.control.query(`UPDATE seq_state SET ${change}`)
    await commitOne(house.control, 1 + (round % 2))
    expected.push(round * (seqMargin + 1) + 1)
    await using _leader = await leading(house)
    await vi.waitFor(async () => expect(await numbered(house)).toEqual(expected), promptly)
  }
  expect((await resumptions(house)).map(({ doubts }) => doubts)).toEqual(
    Object.keys(moved).map((doubt) => [doubt]),
  )
})

test('all of it is within the rights of the service', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await commitOne(house.control, 1)
  const role = 'heronry_sequencer'
  const db = openDatabase({ url: house.url, poolMax: 3, applicationName: 'test', role, onIdleError() {} })
  await using _pool = { [Symbol.asyncDispose]: () => db.destroy() }
  const witnesses = async () => [witness({ seq: 3 })]
  const sweep = { everyMs: 20, ageMs: 60_000 }
  await using leader = await leading(house, { db, databaseRole: role, witnesses, sweep })
  await commitOne(house.control, 2)
  await vi.waitFor(async () => expect(await numbered(house)).toHaveLength(2), promptly)
  expect(await jobs(house)).toHaveLength(1)
  expect(leader.lines.join('')).not.toContain('permission denied')
})

test('a stream that has heard no more than the database knows tells that nothing was lost', async () => {
  await using house = await stampingHouse()
  await house.control.query(`UPDATE seq_state SET last_seq = 5, timeline = 0`)
  await using _leader = await leading(house, { witnesses: async () => [witness({ seq: 5 }, 'stream')] })
  await vi.waitFor(async () => expect(await resumptions(house)).toHaveLength(1), promptly)
  expect(await resumptions(house)).toMatchObject([{ doubts: ['timeline'], reannounced: 'none' }])
  expect(await jobs(house)).toEqual([])
})

test('a writer in flight is waited for: none commits below the floor later', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  const slow = await house.connect()
  await slow.query('BEGIN')
  await slow.query(`INSERT INTO event (actor_id, community_id, kind, seq_at, body) VALUES (1, 1, 1, 1, '')`)
  await using _leader = await leading(house, { witnesses: async () => [witness({ seq: 9 })] })
  await vi.waitUntil(async () => {
    const { rows } = await house.control.query(
      `SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted`,
    )
    return rows[0].waiting > 0
  }, promptly)
  const late = commitOne(await house.connect(), 2)
  await slow.query('COMMIT')
  await late
  await vi.waitFor(async () => expect(await numbered(house)).toHaveLength(2), promptly)
  expect(await numbered(house)).toEqual([seqMargin + 10, seqMargin + 11])
})

test('ids that lie behind the events go on beyond them', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1])
  await commitOne(house.control, 1)
  await house.control.query(`UPDATE event SET id = 5000`)
  await using _leader = await leading(house, { witnesses: async () => [witness({ seq: 9 })] })
  await vi.waitFor(async () => expect(await numbered(house)).toHaveLength(1), promptly)
  expect(await state(house)).toMatchObject({ floorId: 5000 })
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await numbered(house)).toHaveLength(2), promptly)
})

test('a witness that could not be asked is heard when it comes back, and ends the term', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1])
  const says: { seq: number | 'absent' } = { seq: 'absent' }
  const witnesses = async () => [witness(says)]
  await using leader = await leading(house, { witnesses, witnessRetryMs: 20 })
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([1]), promptly)
  expect(leader.lines.join('')).toContain('could not be asked')
  says.seq = 40
  await vi.waitFor(async () => expect(await resumptions(house)).toHaveLength(1), promptly)
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([1, seqMargin + 41]), promptly)
})

test('a witness is believed up to its limit, and not one further', async () => {
  await using house = await stampingHouse()
  const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
  const deps = { db: house.db, logger, journal: undefined }
  await using session = await openSession(house.url)
  const begin = async () => (await beginTerm(session, { leader: 'test' })) as Term
  const told = (seq: number) => ({ ...deps, witnesses: async () => [witness({ seq })] })
  const one = await verifyTerm(told(witnessLeadMax + 1), { session, term: await begin() })
  expect(one?.term.lastSeq).toBe(0)
  const other = await verifyTerm(told(witnessLeadMax), { session, term: await begin() })
  expect(other?.term.lastSeq).toBe(witnessLeadMax + seqMargin)
})

test('a term that has ended while the witnesses were asked resumes nothing', async () => {
  await using house = await stampingHouse()
  const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
  await using session = await openSession(house.url)
  const term = (await beginTerm(session, { leader: 'first' })) as Term
  const slow: Witness = {
    name: 'slow',
    async lastSeq() {
      await house.control.query('UPDATE seq_state SET epoch = epoch + 1')
      return 50 as Seq
    },
  }
  const deps = { db: house.db, logger, journal: undefined, witnesses: async () => [slow] }
  expect(await verifyTerm(deps, { session, term })).toBeNull()
  expect(await resumptions(house)).toEqual([])
  expect(await state(house)).toMatchObject({ lastSeq: 0 })
})

test('an event that every tick has missed is found by the sweep, numbered and sounds an alarm; nobody else is troubled', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  const metrics = new Metrics({ service: 'sequencer', version: 'test' })
  await using leader = await leading(house, { metrics, sweep: { everyMs: 300, ageMs: 700 } })
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([1]), promptly)
  // As if its transaction had been visible before: no snapshot difference has it.
  await house.control.query(
    `INSERT INTO event (actor_id, community_id, kind, seq_at, body, xid) VALUES (2, 2, 1, 1, '', '3')`,
  )
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([1, 2, 3]), promptly)
  expect(leader.lines.join('')).toContain('Events were left without a number')
  expect(await resumptions(house)).toEqual([
    { doubts: ['stragglers'], found: 2, witnessed: null, stragglers: 1, reannounced: 'none' },
  ])
  expect(await jobs(house)).toEqual([])
  expect(await metrics.text()).toContain('pds_firehose_resumptions_total{doubt="stragglers"} 1')
  await commitOne(house.control, 1)
  await vi.waitFor(async () => expect(await numbered(house)).toEqual([1, 2, 3, 4]), promptly)
})
