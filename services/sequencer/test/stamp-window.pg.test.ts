import { ensureEventPartitions } from '@heronry/events/partitions'
import type pg from 'pg'
import { expect, test, vi } from 'vitest'
import { stampHours } from '../src/leader/stamp-sql.ts'
import { append, begin, end, newWriter, seeded } from './schedule.ts'
import { commitOne, faultsOf, stampingHouse } from './stamping-house.ts'
import { snapshotDifference } from './strategies.ts'

/** A house whose hour is what the test says. */
async function timelessHouse() {
  const house = await stampingHouse()
  const { control } = house
  const { rows } = await control.query('SELECT event_hour(now()) AS hour')
  let hour: number = rows[0].hour
  await control.query(`CREATE SEQUENCE test_hour START ${hour}`)
  await control.query(`SELECT nextval('test_hour')`)
  await control.query(`CREATE OR REPLACE FUNCTION event_hour(at timestamptz) RETURNS int LANGUAGE sql VOLATILE
    AS $$ SELECT last_value::int FROM test_hour $$`)
  return Object.assign(house, {
    async turnHour() {
      hour++
      await control.query(`SELECT setval('test_hour', $1)`, [hour])
      await ensureEventPartitions(house.db, { clock: { now: () => hour * 3_600_000 } })
    },
  })
}

type Stamping = Awaited<ReturnType<typeof snapshotDifference>>

/** Ticks until the window begins with the hour before this one: any transaction of the whole cluster, another test's too, holds it back. */
async function caughtUp(house: { control: pg.Client }, ours: Stamping): Promise<void> {
  const { rows } = await house.control.query('SELECT last_value::int AS hour FROM test_hour')
  const tick = async () => {
    await ours.tick()
    return ours.term.window?.from === rows[0].hour
  }
  await vi.waitUntil(tick, { timeout: 15_000, interval: 5 })
}

test('ticks look through three hours, of all that are there, and follow the hour as it turns', async () => {
  await using house = await timelessHouse()
  await house.addRepos([1])
  await using ours = await snapshotDifference(house.control, house.url)
  expect(ours.term.statement).toBeUndefined()
  for (let turn = 0; turn < 3; turn++) {
    await caughtUp(house, ours)
    const { rows } = await house.control.query('SELECT last_value::int AS hour FROM test_hour')
    const { hour } = rows[0]
    expect(ours.term.statement).toEqual(stampHours([hour - 1, hour, hour + 1]))
    await commitOne(house.control, 1)
    await ours.tick()
    expect(ours.announced).toHaveLength(turn + 1)
    await house.turnHour()
  }
})

test('an event of a transaction that has been open since an earlier hour is found, however long ago that is', async () => {
  await using house = await timelessHouse()
  await house.addRepos([1, 2])
  await using ours = await snapshotDifference(house.control, house.url)
  const held = await newWriter(await house.connect())
  await caughtUp(house, ours)
  await begin(held, { early: true })
  await append(house.control, held, 1)
  for (let hour = 0; hour < 6; hour++) {
    await commitOne(house.control, 2)
    await house.turnHour()
    await ours.tick()
    await ours.tick()
  }
  expect(ours.announced.map(({ actorId }) => actorId)).toEqual([2, 2, 2, 2, 2, 2])
  await end(house.control, held, 'COMMIT', [])
  await ours.tick()
  expect(ours.announced.at(-1)?.actorId).toBe(1)
  await caughtUp(house, ours)
})

test('a tick during which the hour turns twice stores nothing, and the next one finds everything', async () => {
  await using house = await timelessHouse()
  await house.addRepos([1])
  await using ours = await snapshotDifference(house.control, house.url)
  await caughtUp(house, ours)
  await commitOne(house.control, 1)
  for (let hour = 0; hour < 2; hour++) await house.turnHour()
  await commitOne(house.control, 1)
  await ours.tick()
  expect(ours.announced).toEqual([])
  expect(ours.term.statement).toBeUndefined()
  await ours.tick()
  expect(ours.announced.map(({ number }) => number)).toEqual([1, 2])
})

test.each([1, 2, 3, 4])(
  'while hours turn and leaders change, no event is lost, doubled or reordered (seed %i)',
  async (seed) => {
    await using house = await timelessHouse()
    const actorIds = [1, 2, 3]
    await house.addRepos(actorIds)
    await using ours = await snapshotDifference(house.control, house.url)
    const writers = await Promise.all([1, 2, 3].map(async () => newWriter(await house.connect())))
    const pick = seeded(seed)
    for (let step = 0; step < 400; step++) {
      const writer = writers[pick(writers.length)]
      const action = pick(12)
      if (writer === undefined) continue
      if (action < 4) await ours.tick()
      else if (action === 4 && pick(4) === 0) await house.turnHour()
      else if (action === 5 && pick(8) === 0) expect(await ours.takeOver()).toBeNull()
      else if (writer.pending !== undefined) continue
      else if (!writer.open) await begin(writer, { early: pick(2) === 0 })
      else if (action < 8) await end(house.control, writer, pick(4) === 0 ? 'ROLLBACK' : 'COMMIT', writers)
      else {
        const later = actorIds.filter((id) => id >= writer.lastActorId)
        await append(house.control, writer, later[pick(later.length)] ?? 0)
      }
    }
    while (writers.some((writer) => writer.open)) {
      const writer = writers.find(({ open, pending }) => open && pending === undefined)
      if (writer !== undefined) await end(house.control, writer, 'COMMIT', writers)
    }
    for (let tick = 0; tick < 3; tick++) await ours.tick()
    expect(await faultsOf(house.control, actorIds, ours.announced)).toEqual([])
    expect(ours.announced.length).toBeGreaterThan(20)
  },
)
