import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { sql } from 'kysely'
import pg from 'pg'
import { expect, test, vi } from 'vitest'
import { eventSeqRangeSize } from '../src/limits.ts'
import { Retention } from '../src/retention/retention.ts'
import { archiveHouse, hourMs } from './archive-house.ts'
import { heron, stork } from './edge-house.ts'

const logger = createLogger({ service: 'sequencer', level: 'info', enabled: false })
const promptly = { timeout: 10_000, interval: 5 }

type House = Awaited<ReturnType<typeof archiveHouse>>

async function connect({ url }: House): Promise<pg.Client & AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

test('without an archive Postgres keeps events for as long as they are replayed, and not an hour longer', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.numbered(6)
  const old = await house.age({ upto: 3, hours: 72 })
  const young = await house.age({ after: 3, upto: 5, hours: 71 })
  await house.dropAll({ keptMs: 74 * hourMs })
  expect(await house.hours()).toEqual(expect.arrayContaining([old, young]))
  await house.dropAll({ keptMs: 72 * hourMs })
  expect(await house.hours()).not.toContain(old)
  expect(await house.hours()).toContain(young)
  expect(await house.lastDropped()).toEqual([
    [heron, 2],
    [stork, 3],
  ])
  await using edge = await house.another({ role: 'edge' })
  const [outdated, seen, other] = [
    await edge.subscribe(heron, 1),
    await edge.subscribe(heron, 2),
    await edge.subscribe(stork, 3),
  ]
  expect((await outdated.hears(3)).map(({ type }) => type)).toEqual(['#info', '#identity', '#identity'])
  expect((await seen.hears(2)).map(({ seq }) => seq)).toEqual([4, 5])
  expect((await other.hears(1)).map(({ seq }) => seq)).toEqual([6])
})

test('a community of which everything was dropped goes on live, after it was told; another does not notice', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 2)
  await house.numbered(2)
  await house.age({ upto: 2, hours: 80 })
  await house.dropAll({ keptMs: 72 * hourMs })
  await using edge = await house.another({ role: 'edge' })
  const [consumer, other] = [await edge.subscribe(heron, 0), await edge.subscribe(stork, 0)]
  await consumer.hears(1)
  await house.append(heron, 1)
  await house.append(stork, 1)
  await Promise.all([consumer.hears(2), other.hears(1)])
  expect([consumer.heard[0]?.type, consumer.seqs(), other.seqs()]).toEqual(['#info', [3], [4]])
})

test('an event without a number keeps its partition, whenever it became visible', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.numbered(3)
  const hour = await house.age({ upto: 3, hours: 80 })
  const retention = house.retention({ keptMs: 72 * hourMs })
  // One that was overlooked, as no stamping of ours does: its number is taken away again.
  await sql`DELETE FROM event_seq WHERE seq = 2`.execute(house.db)
  await retention.turn()
  expect([(await house.hours()).includes(hour), retention.overdue]).toEqual([true, 1])
  await sql`
    INSERT INTO event_seq (seq, community_id, actor_id, hour, event_id) VALUES (2, ${heron}, 1, ${hour}, 2)`.execute(
    house.db,
  )
  // One that is committed after the partition was looked through, while its lock is waited for.
  await using writer = await connect(house)
  await writer.query('BEGIN')
  await writer.query(
    `INSERT INTO event (hour, actor_id, community_id, kind, seq_at, body) VALUES ($1, 1, $2, 3, 0, 'x')`,
    [hour, heron],
  )
  await using dropper = await connect(house)
  const verdict = dropper.query(`SELECT drop_event_partition($1, 1000) AS verdict`, [hour])
  await using watcher = await connect(house)
  await vi.waitUntil(() => isWaiting(watcher), promptly)
  await writer.query('COMMIT')
  expect((await verdict).rows).toEqual([{ verdict: 'unstamped' }])
  expect(await house.hours()).toContain(hour)
  // Once it has a number it is dropped with the others. (Only a clock that jumps puts one into such an hour, where only the first stampings
  // of a term look.)
  await sql`UPDATE seq_state SET epoch = epoch + 1, lease_until = NULL`.execute(house.db)
  await house.numbered(4)
  await house.dropAll({ keptMs: 72 * hourMs })
  expect(await house.lastDropped()).toEqual([
    [heron, 4],
    [stork, 3],
  ])
})

test('a partition in use is left for the next turn, and writers do not wait longer than they may', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 1)
  await house.append(stork, 1)
  await house.numbered(2)
  const hour = await house.age({ upto: 2, hours: 80 })
  await using reader = await connect(house)
  await reader.query('BEGIN')
  await reader.query('SELECT count(*) FROM event')
  const retention = house.retention({ keptMs: 72 * hourMs })
  const turn = retention.turn()
  await house.append(heron, 1)
  await house.numbered(3)
  await turn
  expect([(await house.hours()).includes(hour), retention.overdue]).toEqual([true, 1])
  await reader.query('COMMIT')
  await house.dropAll({ keptMs: 72 * hourMs })
  expect(await house.hours()).not.toContain(hour)
})

test('killed while it drops: the partition is there and nobody was told; the next turn does it', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 1)
  await house.append(stork, 1)
  await house.numbered(2)
  const hour = await house.age({ upto: 2, hours: 80 })
  await using reader = await connect(house)
  await reader.query('BEGIN')
  await reader.query('SELECT count(*) FROM event')
  await using dropper = await connect(house)
  await dropper.query('BEGIN')
  const drop = dropper.query(`SELECT drop_event_partition($1, 1000) AS verdict`, [hour])
  const outcome = expect(drop).rejects.toThrow()
  await using watcher = await connect(house)
  await vi.waitUntil(() => isWaiting(watcher), promptly)
  await watcher.query(`SELECT pg_terminate_backend(pid) ${waiting}`)
  await outcome
  await reader.query('COMMIT')
  expect(await house.hours()).toContain(hour)
  // Dropped, but not yet committed when it was killed.
  await using second = await connect(house)
  await second.query('BEGIN')
  expect((await second.query(`SELECT drop_event_partition($1, 1000) AS verdict`, [hour])).rows).toEqual([
    { verdict: 'dropped' },
  ])
  await watcher.query(`SELECT pg_terminate_backend($1)`, [
    (second as unknown as { processID: number }).processID,
  ])
  await vi.waitUntil(async () => (await house.hours()).includes(hour), promptly)
  expect(await house.lastDropped()).toEqual([
    [heron, 0],
    [stork, 0],
  ])
  await house.dropAll({ keptMs: 72 * hourMs })
  expect(await house.lastDropped()).toEqual([
    [heron, 1],
    [stork, 2],
  ])
})

test('a range of numbers goes after the last event it speaks of, and not before it is given away', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 1)
  await house.append(stork, 1)
  await house.numbered(2)
  await house.age({ upto: 2, hours: 80 })
  const ranges = async () => {
    const { rows } = await sql<{ name: string }>`
      SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event_seq'::regclass ORDER BY 1`.execute(
      house.db,
    )
    return rows.map(({ name }) => name)
  }
  const jump = (lastSeq: number) =>
    house.db
      .updateTable('seq_state')
      .set({ last_seq: BigInt(lastSeq) })
      .execute()
  await house.stop()
  await jump(eventSeqRangeSize)
  await house.dropAll({ keptMs: 100 * hourMs })
  expect(await ranges()).toEqual(['event_seq_0', 'event_seq_1', 'event_seq_2'])
  await jump(eventSeqRangeSize - 1)
  await house.dropAll({ keptMs: 72 * hourMs })
  expect(await ranges()).toEqual(['event_seq_0', 'event_seq_1', 'event_seq_2'])
  await jump(eventSeqRangeSize)
  await house.dropAll({ keptMs: 72 * hourMs })
  expect(await ranges()).toEqual(['event_seq_1', 'event_seq_2'])
})

test('the role of the service is enough for all of it, and no plan looks at names that are not ours', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 1)
  await house.append(stork, 1)
  await house.numbered(2)
  const hour = await house.age({ upto: 2, hours: 80 })
  // Then pg_class is read as a whole, before it is known what is a partition.
  await sql`ALTER DATABASE ${sql.id(new URL(house.url).pathname.slice(1))} SET enable_nestloop = off`.execute(
    house.db,
  )
  const db = openDatabase({
    url: house.url,
    role: 'heronry_sequencer',
    poolMax: 2,
    applicationName: 'test',
    onIdleError: () => {},
  })
  const epoch = () => house.epoch
  const retention = new Retention({ db, logger, objects: undefined, keptMs: 72 * hourMs, epoch })
  await vi.waitUntil(async () => {
    await retention.turn()
    return retention.overdue === 0
  }, promptly)
  await db.destroy()
  expect(await house.hours()).not.toContain(hour)
})

/** Who waits for the lock of a drop; the leader may wait behind it. */
const waiting = `FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = 'event'::regclass`

async function isWaiting(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(`SELECT pid ${waiting}`)
  return rows.length === 1
}
