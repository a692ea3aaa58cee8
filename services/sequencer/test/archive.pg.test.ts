import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Seq } from '@heronry/core/ids'
import { eventFrame } from '@heronry/events/frame'
import { describe, expect, test, vi } from 'vitest'
import { lastArchivedSeq } from '../src/archive/last-archived-seq.ts'
import { SegmentCache } from '../src/archive/segment-cache.ts'
import { readBehind } from '../src/edge/read-behind.ts'
import { readEvents } from '../src/edge/read-events.ts'
import { afterFirstQuery, behindGate, failing, Gate, meeting } from './archive-faults.ts'
import { archiveHouse, hourMs, never } from './archive-house.ts'
import { archiveStores, diskStore } from './archive-stores.ts'
import { heron, stork } from './edge-house.ts'
import { pageFrames, pageSeqs } from './page-frames.ts'

type House = Awaited<ReturnType<typeof archiveHouse>>

const week = 168 * hourMs

function cacheOf(objects: BlobObjects): SegmentCache {
  return new SegmentCache({ objects, bytesMax: 1_000_000, openedAtOnce: 2 })
}

/** The frames of a community by seq, as Postgres alone has them. */
async function framesInPostgres({ db }: House, communityId: typeof heron): Promise<Map<number, string>> {
  const upto = Number.MAX_SAFE_INTEGER as Seq
  const { events } = await readEvents(db, { after: 0 as Seq, upto })
  const own = events.filter((event) => event.communityId === communityId)
  return new Map(own.map((event) => [event.seq, eventFrame(event).toString('hex')]))
}

/** The same as a replay reads it, page by page. */
async function framesBehind(house: House, objects: BlobObjects, communityId: typeof heron) {
  const segments = cacheOf(objects)
  const upto = await house.headSeq()
  const frames = new Map<number, string>()
  for (let after = 0 as Seq; after < upto; ) {
    const page = await readBehind({ db: house.db, segments }, { after, upto, communityId })
    expect(page.upto).toBeGreaterThan(after)
    expect(page.gap).toBe(false)
    for (const [seq, frame] of pageFrames(page)) frames.set(seq, frame)
    after = page.upto
  }
  return frames
}

describe.each(archiveStores)('an archive on $name', ({ open }) => {
  test('then Postgres, then the ring: every seq once, in order, with the bytes it had', async () => {
    await using store = await open()
    await using house = await archiveHouse()
    for (let round = 0; round < 4; round++) {
      await house.append(heron, 3, { bytes: 3_000 })
      await house.append(stork, 2)
    }
    await house.numbered(20)
    const truth = [await framesInPostgres(house, heron), await framesInPostgres(house, stork)]
    await house.age({ upto: 10, hours: 30 })
    await house.age({ after: 10, upto: 15, hours: 20 })
    const archiver = house.archiver(store.objects)
    await archiver.turn(never)
    await house.dropAll({ objects: store.objects, keptMs: week })
    expect((await house.segments()).map(({ after, upto }) => [after, upto])).toEqual([[0, 20]])
    expect(await lastArchivedSeq(store.objects)).toBe(20)
    // Both old hours are gone from Postgres; what it still has is not asked for, as the archive has it.
    await house.append(heron, 2)
    await house.numbered(22)
    const left = await readEvents(house.db, { after: 0 as Seq, upto: 22 as Seq })
    expect([left.events.map(({ seq }) => seq), left.gap]).toEqual([[16, 17, 18, 19, 20, 21, 22], true])

    await using edge = await house.another({ role: 'edge', archive: store.objects })
    const consumers = [
      await edge.subscribe(heron, 0),
      await edge.subscribe(stork, 0),
      await edge.subscribe(heron, 12),
    ]
    await house.append(stork, 1)
    await house.append(heron, 1)
    const [all, others, some] = consumers
    await Promise.all([all?.hears(15), others?.hears(9), some?.hears(7)])
    const seqsOfHeron = [1, 2, 3, 6, 7, 8, 11, 12, 13, 16, 17, 18, 21, 22, 24]
    expect(all?.seqs()).toEqual(seqsOfHeron)
    expect(others?.seqs()).toEqual([4, 5, 9, 10, 14, 15, 19, 20, 23])
    expect(some?.seqs()).toEqual(seqsOfHeron.filter((seq) => seq > 12))
    for (const [index, communityId] of [heron, stork].entries()) {
      const replayed = await framesBehind(house, store.objects, communityId)
      for (const [seq, frame] of truth[index] ?? []) expect(replayed.get(seq), `seq ${seq}`).toBe(frame)
    }
  })

  test('loses what is too old, and says which community lost what; the objects go with it', async () => {
    await using store = await open()
    await using house = await archiveHouse()
    const archiver = house.archiver(store.objects)
    for (const [upto, communityId] of [
      [2, heron],
      [4, stork],
      [6, heron],
    ] as const) {
      await house.append(communityId, 2)
      await house.numbered(upto)
      await house.age({ after: upto - 2, upto, hours: 80 - upto * 5 })
      await archiver.turn(never)
    }
    expect((await house.segments()).map(({ communities }) => communities)).toEqual([
      [heron],
      [stork],
      [heron],
    ])
    await house.dropAll({ objects: store.objects, keptMs: 72 * hourMs })
    expect(await house.lastDropped()).toEqual([
      [heron, 0],
      [stork, 0],
    ])
    await house.dropAll({ objects: store.objects, keptMs: 70 * hourMs })
    expect(await house.lastDropped()).toEqual([
      [heron, 2],
      [stork, 0],
    ])
    expect((await keysOf(store.objects)).length).toBe(2)
    await using edge = await house.another({ role: 'edge', archive: store.objects })
    const [outdated, other, seen] = [
      await edge.subscribe(heron, 1),
      await edge.subscribe(stork, 0),
      await edge.subscribe(heron, 2),
    ]
    expect((await outdated.hears(3)).map(({ type }) => type)).toEqual(['#info', '#identity', '#identity'])
    expect([outdated.seqs(), (await other.hears(2)).map(({ seq }) => seq)]).toEqual([
      [5, 6],
      [3, 4],
    ])
    expect((await seen.hears(2)).map(({ seq }) => seq)).toEqual([5, 6])
  })
})

test('a hundred replays at once fetch each segment once, and none that has nothing for them', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  const archiver = house.archiver(store.objects)
  for (const [upto, communityId] of [
    [30, heron],
    [31, stork],
    [60, heron],
  ] as const) {
    const after = await house.headSeq()
    await house.append(communityId, upto - after, { bytes: 1_000 })
    await house.numbered(upto)
    await house.age({ after, upto, hours: 30 })
    await archiver.turn(never)
  }
  const fetched: string[] = []
  const archive = {
    ...store.objects,
    open: (key: string) => {
      fetched.push(key)
      return store.objects.open(key)
    },
  }
  await using edge = await house.another({ role: 'edge', archive })
  const consumers = await Promise.all(Array.from({ length: 100 }, () => edge.subscribe(heron, 0)))
  await Promise.all(consumers.map((consumer) => consumer.hears(59)))
  expect(new Set(consumers.map((consumer) => consumer.seqs().join())).size).toBe(1)
  const [first, , third] = await house.segments()
  expect(fetched).toEqual([first?.key, third?.key])
})

test('a partition stays until the archive has all of it, and a killed archiver costs nothing', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  await house.append(heron, 3)
  await house.append(stork, 1)
  await house.numbered(4)
  const hour = await house.age({ upto: 4, hours: 30 })
  const retention = house.retention({ objects: store.objects, keptMs: week })
  await retention.turn()
  expect([await house.hours(), retention.overdue]).toEqual([expect.arrayContaining([hour]), 1])

  // Killed after the object, before its row: the next writes another, and the stray is swept when it is old.
  const broken = house.archiver(failing(store.objects, 'segments', 'after'))
  await expect(broken.turn(never)).rejects.toThrow('killed')
  expect(await house.segments()).toEqual([])
  await retention.turn()
  expect(await house.hours()).toContain(hour)

  // Killed after the row, before the index: the archive is whole, and the next term says so.
  await expect(house.archiver(failing(store.objects, 'index', 'before')).turn(never)).rejects.toThrow(
    'killed',
  )
  expect((await house.segments()).map(({ after, upto }) => [after, upto])).toEqual([[0, 4]])
  expect(await lastArchivedSeq(store.objects)).toBeUndefined()
  await house.archiver(store.objects).turn(never)
  expect(await lastArchivedSeq(store.objects)).toBe(4)
  await house.dropAll({ objects: store.objects, keptMs: week })
  expect(await house.hours()).not.toContain(hour)
  expect([...(await framesBehind(house, store.objects, heron)).keys()]).toEqual([1, 2, 3])
  expect((await keysOf(store.objects)).length).toBe(2)
  vi.useFakeTimers({ now: Date.now() + week + 2 * hourMs, toFake: ['Date'] })
  try {
    await house.retention({ objects: store.objects, keptMs: week }).turn()
  } finally {
    vi.useRealTimers()
  }
  const [kept] = await house.segments()
  expect(await keysOf(store.objects)).toEqual([kept?.key])
})

test('of two archivers one writes, whatever the other believes; a term that has ended writes nothing', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.numbered(3)
  await house.age({ upto: 3, hours: 30 })
  await expect(house.archiver(store.objects, house.epoch - 1n).turn(never)).rejects.toThrow('has ended')
  const together = meeting(store.objects, 3)
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => house.archiver(together).turn(never)))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await house.segments()).toHaveLength(1)
  expect((await keysOf(store.objects)).length).toBe(1)
  expect([...(await framesBehind(house, store.objects, stork)).keys()]).toEqual([3])
})

test('an account that was deleted is in no replay any more but by its deletion', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  await house.append(heron, 3)
  await house.numbered(3)
  await house.age({ upto: 3, hours: 30 })
  await house.archiver(store.objects).turn(never)
  await house.append(heron, 1)
  await house.append(stork, 2)
  await house.numbered(6)
  await house.delete(heron)
  await house.numbered(7)
  await house.append(heron, 1)
  await house.numbered(8)
  // From the archive, from Postgres, from a ring that had it all.
  await using edge = await house.another({ role: 'edge', archive: store.objects })
  for (const consumer of [await edge.subscribe(heron, 0), await house.subscribe(heron, 0)]) {
    expect((await consumer.hears(2)).map(({ type, seq }) => [type, seq])).toEqual([
      ['#account', 7],
      ['#identity', 8],
    ])
  }
  const other = await edge.subscribe(stork, 0)
  expect((await other.hears(2)).map(({ seq }) => seq)).toEqual([5, 6])
  // Once nothing from before is kept, the deletion is forgotten too.
  await house.age({ after: 3, upto: 8, hours: 30 })
  await house.archiver(store.objects).turn(never)
  await house.dropAll({ objects: store.objects, keptMs: 5 * hourMs })
  expect(await house.db.selectFrom('event_suppress').selectAll().execute()).toEqual([])
})

test('a replay under which events are dropped is told that it misses some', async () => {
  await using house = await archiveHouse()
  await house.append(heron, 4)
  await house.append(stork, 1)
  await house.numbered(5)
  await house.age({ upto: 2, hours: 30 })
  await house.dropAll({ keptMs: 24 * hourMs })
  const behind = { db: house.db, segments: undefined }
  const page = (after: number, communityId: typeof heron) =>
    readBehind(behind, { after: after as Seq, upto: 5 as Seq, communityId })
  expect(await page(0, heron)).toMatchObject({ messages: undefined, upto: 2, gap: true })
  expect([pageSeqs(await page(2, heron)), (await page(2, heron)).gap]).toEqual([[3, 4], false])
  expect(pageSeqs(await page(0, stork))).toEqual([5])
})

test('a partition that goes between the look and the read is found in the archive', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  await house.append(heron, 4)
  await house.append(stork, 1)
  await house.numbered(5)
  await house.age({ upto: 2, hours: 30 })
  const segments = cacheOf(store.objects)
  const db = afterFirstQuery(house.db, async () => {
    await house.archiver(store.objects).turn(never)
    await house.dropAll({ objects: store.objects, keptMs: week })
  })
  const range = { after: 0 as Seq, upto: 5 as Seq, communityId: heron }
  const page = await readBehind({ db, segments }, range)
  expect([pageSeqs(page), page.gap]).toEqual([[1, 2, 3, 4], false])
  expect((await readEvents(house.db, range)).gap).toBe(true)
})

test('an edge that was away for so long that Postgres has dropped what comes next goes on from the archive', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  const gate = new Gate()
  await using edge = await house.another({
    role: 'edge',
    archive: store.objects,
    db: behindGate(house.db, gate),
  })
  using _ = { [Symbol.dispose]: () => gate.open() }
  const consumers = [await edge.subscribe(heron), await edge.subscribe(stork)]
  await house.append(heron, 1)
  await consumers[0]?.hears(1)
  gate.shut()
  await house.append(heron, 3)
  await house.append(stork, 2)
  await house.numbered(6)
  await house.age({ upto: 5, hours: 30 })
  await house.archiver(store.objects).turn(never)
  await house.dropAll({ objects: store.objects, keptMs: week })
  gate.open()
  await house.append(heron, 1)
  await Promise.all([consumers[0]?.hears(5), consumers[1]?.hears(2)])
  expect(consumers.map((consumer) => consumer.seqs())).toEqual([
    [1, 2, 3, 4, 7],
    [5, 6],
  ])
})

test('a store that does not answer costs time, which the lag shows; then the same segment is stored', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.numbered(3)
  await house.age({ upto: 3, hours: 30 })
  let away = true
  const archiver = house.archiver({
    ...store.objects,
    put: (key, body, options) =>
      away ? Promise.reject(new Error('unreachable')) : store.objects.put(key, body, options),
  })
  await expect(archiver.turn(never)).rejects.toThrow('unreachable')
  expect(archiver.lagMs).toBeGreaterThan(30 * hourMs)
  await house.append(heron, 1)
  await house.numbered(4)
  away = false
  await archiver.turn(never)
  expect((await house.segments()).map(({ after, upto }) => [after, upto])).toEqual([[0, 4]])
  expect(archiver.lagMs).toBe(0)
})

test('a process without the archive of its house says so instead of passing events over', async () => {
  await using store = await diskStore()
  await using house = await archiveHouse()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.numbered(3)
  await house.age({ upto: 3, hours: 30 })
  await house.archiver(store.objects).turn(never)
  const range = { after: 0 as Seq, upto: 3 as Seq, communityId: heron }
  await expect(readBehind({ db: house.db, segments: undefined }, range)).rejects.toThrow('has no archive')
})

async function keysOf(objects: BlobObjects): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of objects.list('firehose/segments/')) keys.push(key)
  return keys
}
