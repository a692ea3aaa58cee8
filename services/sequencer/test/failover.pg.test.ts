import { createLogger } from '@heronry/telemetry/logger'
import { expect, test, vi } from 'vitest'
import { Leader } from '../src/leader/leader.ts'
import { openSession } from '../src/leader/session.ts'
import { stamp } from '../src/leader/stamp.ts'
import { beginTerm, endTerm, renewTerm, type Term } from '../src/leader/term.ts'
import { leaseTtlMs } from '../src/limits.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { commitOne, faultsOf, stampingHouse } from './stamping-house.ts'

type House = Awaited<ReturnType<typeof stampingHouse>>

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })

/** What the network was told: `event_seq` in its order, by actor; and that no seq is missing. */
async function announced({ control }: House) {
  const { rows } = await control.query(
    `SELECT s.seq::int, s.actor_id::int AS "actorId", s.community_id AS "communityId", e.seq_at AS number
     FROM event_seq s JOIN event e ON e.hour = s.hour AND e.id = s.event_id ORDER BY s.seq`,
  )
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1))
  return rows
}

function existing(term: Term | null): Term {
  if (term === null) throw new Error('The lease was not free')
  return term
}

test('a leader that was paused stamps nothing once another has taken over', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await using paused = await openSession(house.url)
  await using successor = await openSession(house.url)
  const first = existing(await beginTerm(paused, { leader: 'paused' }))
  expect(await beginTerm(successor, { leader: 'successor' })).toBeNull()

  await house.control.query(`UPDATE seq_state SET lease_until = clock_timestamp()`)
  const second = existing(await beginTerm(successor, { leader: 'successor' }))
  await commitOne(house.control, 1)
  expect(await stamp(paused, first)).toBeNull()
  expect(await renewTerm(paused, first)).toBe(false)
  await endTerm(paused, first)
  expect(await announced(house)).toEqual([])

  expect(existing(await stamp(successor, second)).lastSeq).toBe(1)
  await commitOne(house.control, 2)
  // The tick before, said again: nothing.
  expect(await stamp(successor, second)).toBeNull()
  expect(await announced(house)).toHaveLength(1)
})

test('a takeover waits for a stamping under way, and goes on from where it ended', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await using session = await openSession(house.url)
  await using other = await openSession(house.url)
  const term = existing(await beginTerm(session, { leader: 'a' }))
  await house.control.query(`UPDATE seq_state SET lease_until = clock_timestamp()`)
  await commitOne(house.control, 1)
  await session.query({ name: 'begin', text: 'BEGIN' }, [])
  expect(existing(await stamp(session, term)).lastSeq).toBe(1)
  const takeover = beginTerm(other, { leader: 'b' })
  await session.query({ name: 'commit', text: 'COMMIT' }, [])
  expect(await takeover).toEqual({ epoch: term.epoch + 1n, tick: term.tick + 1n, lastSeq: 1 })
})

test('a stamping whose answer is lost is neither forgotten nor repeated', async () => {
  await using house = await stampingHouse()
  await using proxy = await cuttingProxy(house.url)
  await house.addRepos([1, 2])
  await commitOne(house.control, 1)
  await commitOne(house.control, 2)

  const session = await openSession(proxy.url)
  const term = existing(await beginTerm(session, { leader: 'a' }))
  proxy.cutNextAnswer()
  await expect(stamp(session, term)).rejects.toThrow()

  await using again = await openSession(house.url)
  const next = existing(await beginTerm(again, { leader: 'a' }))
  expect(next.lastSeq).toBe(2)
  await commitOne(house.control, 1)
  expect(existing(await stamp(again, next)).lastSeq).toBe(3)
  expect((await announced(house)).map((row) => [row.actorId, row.communityId, row.number])).toEqual([
    [1, 1, 1],
    [2, 0, 1],
    [1, 1, 2],
  ])
})

test('each community knows its last seq', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  for (const actorId of [1, 1, 2, 1]) await commitOne(house.control, actorId)
  await using session = await openSession(house.url)
  await stamp(session, existing(await beginTerm(session, { leader: 'a' })))
  const rows = await house.db.selectFrom('community_seq').selectAll().orderBy('community_id').execute()
  expect(rows.map((row) => [row.community_id, row.last_seq])).toEqual([
    [0, 3n],
    [1, 4n],
  ])
})

test('a tick that finds nothing writes nothing', async () => {
  await using house = await stampingHouse()
  await using session = await openSession(house.url)
  let term = existing(await beginTerm(session, { leader: 'a' }))
  const version = () => house.control.query('SELECT xmin, tick FROM seq_state').then(({ rows }) => rows[0])
  // Once a term, and when the hour turns, the window is moved on.
  const settled = async () => {
    term = existing(await stamp(session, term))
    return term.window?.next === null
  }
  await vi.waitUntil(settled, { timeout: 15_000, interval: 5 })
  const before = await version()
  expect(await stamp(session, term)).toEqual({ ...term, events: undefined })
  expect(await version()).toEqual(before)
})

test('two leaders whose connections are killed again and again announce every event once and in order', async () => {
  await using house = await stampingHouse()
  const actorIds = [1, 2, 3, 4]
  await house.addRepos(actorIds)
  const stopping = new AbortController()
  const heard: number[] = []
  const leaders = [1, 2].map(() => {
    const leader = new Leader({
      ...house,
      databaseUrl: house.url,
      logger,
      announce: ({ lastSeq }) => void heard.push(lastSeq),
    })
    return leader.run(stopping.signal)
  })
  const writers = await Promise.all(actorIds.map(() => house.connect()))
  let killed = 0
  let written = 0
  const writing = Promise.all(
    writers.map(async (client, writer) => {
      for (let index = 0; killed < 4; index++) {
        await commitOne(client, actorIds[(writer + index) % 4] ?? 1)
        written++
      }
    }),
  )
  for (; killed < 4; killed++) {
    await vi.waitUntil(() => heard.length > 5, { timeout: 20_000, interval: 5 })
    await house.control.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'heronry-sequencer-leader'`,
    )
    heard.length = 0
  }
  await writing
  await vi.waitUntil(() => heard.includes(written), { timeout: 20_000, interval: 20 })
  stopping.abort()
  await Promise.all(leaders)
  const rows = await announced(house)
  expect(rows).toHaveLength(written)
  expect(await faultsOf(house.control, actorIds, rows)).toEqual([])
})

test('a leader that stops gives the lease back at once', async () => {
  await using house = await stampingHouse()
  const stopping = new AbortController()
  let announcements = 0
  const leader = new Leader({ ...house, databaseUrl: house.url, logger, announce: () => announcements++ })
  const running = leader.run(stopping.signal)
  await vi.waitUntil(() => announcements === 1, { timeout: 10_000, interval: 5 })
  stopping.abort()
  await running
  await using session = await openSession(house.url)
  expect(await beginTerm(session, { leader: 'next' })).not.toBeNull()
})

test('a leader that was killed is succeeded when its lease has run out, not before', async () => {
  await using house = await stampingHouse()
  const killed = await openSession(house.url)
  await beginTerm(killed, { leader: 'killed' })
  await killed[Symbol.asyncDispose]()
  const leaseUntil = () =>
    house.control.query('SELECT lease_until FROM seq_state').then(({ rows }) => rows[0].lease_until)
  const lease = await leaseUntil()

  const stopping = new AbortController()
  let announcements = 0
  const leader = new Leader({ ...house, databaseUrl: house.url, logger, announce: () => announcements++ })
  const running = leader.run(stopping.signal)
  await vi.waitUntil(() => announcements === 1, { timeout: 3 * leaseTtlMs, interval: 10 })
  expect((await leaseUntil()).getTime() - lease.getTime()).toBeGreaterThanOrEqual(leaseTtlMs)
  stopping.abort()
  await running
})
