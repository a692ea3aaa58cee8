import { expect, test, vi } from 'vitest'
import { append, begin, end, newWriter, seeded, type Writer } from './schedule.ts'
import { faultsOf, stampingHouse } from './stamping-house.ts'
import { greaterId, type Strategy, snapshotDifference, xminHorizon } from './strategies.ts'

type House = Awaited<ReturnType<typeof stampingHouse>>

type Ours = Awaited<ReturnType<typeof snapshotDifference>>

async function strategiesOf({ control }: House, ours: Ours) {
  return {
    greaterId: await greaterId(control),
    xminHorizon: await xminHorizon(control),
    snapshotDifference: ours,
  }
}

async function tickAll(strategies: Record<string, Strategy>): Promise<void> {
  for (const strategy of Object.values(strategies)) await strategy.tick()
}

/** Ticks until the horizon has passed: any transaction of the whole cluster, another test's too, holds it back. */
async function passed(horizon: Strategy, count: number): Promise<void> {
  const tick = async () => {
    await horizon.tick()
    return horizon.announced.length >= count
  }
  await vi.waitUntil(tick, { timeout: 15_000, interval: 5 })
}

test('a held transaction: `id > last` loses its event, snapshot difference does not', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await using ours = await snapshotDifference(house.control, house.url)
  const strategies = await strategiesOf(house, ours)
  const held = await newWriter(await house.connect())
  const quick = await newWriter(await house.connect())

  await begin(held, { early: false })
  await append(house.control, held, 1)
  await begin(quick, { early: false })
  await append(house.control, quick, 2)
  await end(house.control, quick, 'COMMIT', [])
  await tickAll(strategies)
  await end(house.control, held, 'COMMIT', [])
  await tickAll(strategies)

  const faults = (strategy: Strategy) => faultsOf(house.control, [1, 2], strategy.announced)
  expect(await faults(strategies.greaterId)).toEqual([{ actorId: 1, truth: '1', heard: '' }])
  expect(await faults(strategies.snapshotDifference)).toEqual([])
})

test('a wait for a row: the xmin horizon reorders one actor, snapshot difference does not', async () => {
  await using house = await stampingHouse()
  await house.addRepos([1, 2])
  await using ours = await snapshotDifference(house.control, house.url)
  const strategies = await strategiesOf(house, ours)
  const [second, bystander, first] = [
    await newWriter(await house.connect()),
    await newWriter(await house.connect()),
    await newWriter(await house.connect()),
  ]

  // The second to write has the lowest xid; a bystander's xid lies between the two.
  await begin(second, { early: true })
  await begin(bystander, { early: true })
  await begin(first, { early: true })
  await append(house.control, first, 1)
  await append(house.control, second, 1)
  expect(second.pending).toBeDefined()
  await end(house.control, first, 'COMMIT', [second])
  await end(house.control, second, 'COMMIT', [])
  await tickAll(strategies)
  await passed(strategies.xminHorizon, 1)
  expect(strategies.xminHorizon.announced.map((event) => event.number)).toEqual([2])
  await end(house.control, bystander, 'ROLLBACK', [])
  await tickAll(strategies)
  await passed(strategies.xminHorizon, 2)

  const faults = (strategy: Strategy) => faultsOf(house.control, [1, 2], strategy.announced)
  expect(await faults(strategies.xminHorizon)).toEqual([{ actorId: 1, truth: '1,2', heard: '2,1' }])
  expect(await faults(strategies.snapshotDifference)).toEqual([])
})

const soak = process.env['HERONRY_SOAK'] !== undefined
const scheduleCount = soak ? 10_000 : 300
const schedulesTogether = 25
const firstSeeds = Array.from(
  { length: scheduleCount / schedulesTogether },
  (_, index) => index * schedulesTogether + 1,
)
const stepCount = 40

test.each(firstSeeds)(
  `of ${schedulesTogether} random schedules from seed %i on none loses, doubles or reorders an event; both shortcuts do`,
  async (firstSeed) => {
    await using house = await stampingHouse()
    await using ours = await snapshotDifference(house.control, house.url)
    const writers = await Promise.all([1, 2, 3, 4, 5].map(async () => newWriter(await house.connect())))
    const wrong = { greaterId: 0, xminHorizon: 0, snapshotDifference: 0 }
    const befell = { takenOver: 0, answersLost: 0 }
    for (let seed = firstSeed; seed < firstSeed + schedulesTogether; seed++) {
      const actorIds = [1, 2, 3].map((index) => seed * 10 + index)
      await house.addRepos(actorIds)
      await ours.begin()
      const strategies = await strategiesOf(house, ours)
      await runSchedule({ house, writers, actorIds, strategies, seed, befell })
      for (const [name, strategy] of Object.entries(strategies)) {
        const faults = await faultsOf(house.control, actorIds, strategy.announced)
        if (name === 'snapshotDifference') expect(faults, `seed ${seed}`).toEqual([])
        else if (faults.length > 0) wrong[name as keyof typeof wrong] += 1
      }
    }
    expect(wrong.greaterId).toBeGreaterThan(0)
    expect(wrong.xminHorizon).toBeGreaterThan(0)
    expect(befell.takenOver).toBeGreaterThan(schedulesTogether / 2)
    expect(befell.answersLost).toBeGreaterThan(0)
  },
)

interface Schedule {
  house: House
  writers: readonly Writer[]
  actorIds: readonly number[]
  strategies: Awaited<ReturnType<typeof strategiesOf>>
  seed: number
  befell: { takenOver: number; answersLost: number }
}

/** Steps of writers and leaders in the order that the seed gives; all that was begun is ended, and announced. */
async function runSchedule({ house, writers, actorIds, strategies, seed, befell }: Schedule): Promise<void> {
  const pick = seeded(seed)
  const ours = strategies.snapshotDifference
  for (let step = 0; step < stepCount; step++) {
    const writer = writers[pick(writers.length)] as Writer
    const action = pick(10)
    if (action < 2) await tickAll(strategies)
    else if (action === 2 && pick(3) === 0) {
      expect(await ours.takeOver(), `seed ${seed}`).toBeNull()
      befell.takenOver += 1
    } else if (action === 3 && pick(2) === 0) {
      if (await ours.loseAnswer()) befell.answersLost += 1
    } else if (writer.pending !== undefined) continue
    else if (!writer.open) await begin(writer, { early: pick(2) === 0 })
    else if (action < 5) await end(house.control, writer, pick(4) === 0 ? 'ROLLBACK' : 'COMMIT', writers)
    else {
      const later = actorIds.filter((id) => id >= writer.lastActorId)
      await append(house.control, writer, later[pick(later.length)] ?? 0)
    }
  }
  while (writers.some((writer) => writer.open)) {
    const writer = writers.find(({ open, pending }) => open && pending === undefined)
    if (writer !== undefined) await end(house.control, writer, 'COMMIT', writers)
    // Nobody holds what they wait for any more: Postgres has not woken them yet.
    else await Promise.race(writers.flatMap(({ pending }) => pending ?? []))
  }
  await tickAll(strategies)
  await passed(strategies.xminHorizon, ours.announced.length)
}
