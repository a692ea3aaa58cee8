import { shutdownMsMax } from '@heronry/xrpc/process/limits'
import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { edgeLimits } from '../src/limits.ts'
import { didOf, edgeHouse, heron, stork } from './edge-house.ts'

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index)

test('without a cursor a subscriber hears what comes after it, with its seq', async () => {
  await using house = await edgeHouse()
  await house.append(heron, 3)
  await house.numbered(3)
  const consumer = await house.subscribe(heron)
  await house.append(heron, 2)
  const heard = await consumer.hears(2)
  expect(heard.map((frame) => [frame.type, frame.seq, frame.body['did']])).toEqual([
    ['#identity', 4, didOf(heron)],
    ['#identity', 5, didOf(heron)],
  ])
})

test('a cursor is the last seq that was heard; 0 replays everything', async () => {
  await using house = await edgeHouse()
  await house.append(heron, 5)
  await house.numbered(5)
  const [some, all, none] = [
    await house.subscribe(heron, 2),
    await house.subscribe(heron, 0),
    await house.subscribe(heron, 5),
  ]
  await some.hears(3)
  await all.hears(5)
  await house.append(heron, 1)
  await Promise.all([some.hears(4), all.hears(6), none.hears(1)])
  expect([some.seqs(), all.seqs(), none.seqs()]).toEqual([upTo(4, 3), upTo(6), [6]])
})

test('a cursor beyond the last seq is refused as the reference refuses it', async () => {
  await using house = await edgeHouse()
  await house.append(heron, 2)
  await house.numbered(2)
  const consumer = await house.subscribe(heron, 3)
  expect(await consumer.closed()).toEqual({ code: 1008, reason: 'FutureCursor' })
  expect(consumer.heard.map(({ type, body }) => ({ type, body }))).toEqual([
    { type: 'error', body: { error: 'FutureCursor', message: 'Cursor in the future.' } },
  ])
  const empty = await edgeHouse()
  expect(await (await empty.subscribe(heron, 1)).closed()).toEqual({ code: 1008, reason: 'FutureCursor' })
  await empty[Symbol.asyncDispose]()
})

test('only a community of which something was dropped calls a cursor outdated', async () => {
  await using house = await edgeHouse()
  await house.append(heron, 2)
  await house.append(stork, 1)
  await house.numbered(3)
  await house.db
    .updateTable('community_seq')
    .set({ last_dropped_seq: 1n })
    .where('community_id', '=', heron)
    .execute()
  const [before, after, other] = [
    await house.subscribe(heron, 0),
    await house.subscribe(heron, 1),
    await house.subscribe(stork, 0),
  ]
  const types = async (consumer: typeof before) => (await consumer.hears(1))[0]?.type
  expect([await types(before), await types(after), await types(other)]).toEqual([
    '#info',
    '#identity',
    '#identity',
  ])
})

test('a community hears its own events only, live and replayed, and gaps in seq are all it notices', async () => {
  await using house = await edgeHouse()
  const live = [await house.subscribe(heron, 0), await house.subscribe(stork, 0)]
  for (let round = 0; round < 5; round++) {
    await house.append(heron, 2)
    await house.append(stork, 1)
  }
  await house.numbered(15)
  await using late = await house.another({ role: 'edge' })
  const replayed = [await late.subscribe(heron, 0), await late.subscribe(stork, 0)]
  for (const [ofHeron, ofStork] of [live, replayed]) {
    await Promise.all([ofHeron?.hears(10), ofStork?.hears(5)])
    expect(ofHeron?.heard.every((frame) => frame.body['did'] === didOf(heron))).toBe(true)
    expect(ofStork?.seqs()).toEqual([3, 6, 9, 12, 15])
  }
})

test('from Postgres into the ring there is neither gap nor double while events flow', async () => {
  await using house = await edgeHouse()
  for (let round = 0; round < 5; round++) await house.append(heron, 300, { bytes: 2_000 })
  await house.numbered(1500)
  // An edge that has just started has nothing in its ring; a small one drops what a replay has not read yet.
  await using edge = await house.another({
    role: 'edge',
    limits: { ringBytesMax: 50_000, socketBytesMax: 100_000 },
  })
  const consumers = await Promise.all([0, 1, 700, 1499].map((cursor) => edge.subscribe(heron, cursor)))
  for (let round = 0; round < 40; round++) {
    await house.append(heron, 10, { bytes: 2_000 })
    await house.append(stork, 1)
  }
  for (const [index, cursor] of [0, 1, 700, 1499].entries()) {
    const consumer = consumers[index]
    await consumer?.hears(1900 - cursor)
    const expected = upTo(1940).filter((seq) => seq > cursor && (seq <= 1500 || (seq - 1500) % 11 !== 0))
    expect(consumer?.seqs()).toEqual(expected)
  }
})

test('a deletion that is numbered after a page was kept is respected by all who replay it later', async () => {
  await using house = await edgeHouse()
  await house.append(stork, 1)
  await house.append(heron, 1_200, { bytes: 2_000 })
  await house.numbered(1_201)
  await using edge = await house.another({ role: 'edge' })
  const first = await edge.subscribe(heron, 0)
  await first.hears(1_200)
  expect(edge.context.edge.replayBytes).toBeGreaterThan(2_000_000)
  await house.delete(heron)
  await house.numbered(1_202)
  await first.hears(1_201)
  expect(edge.context.edge.replayBytes).toBe(0)
  for (const cursor of [0, 600]) {
    const later = await edge.subscribe(heron, cursor)
    await later.hears(1)
    expect(later.heard.map(({ type, seq }) => [type, seq])).toEqual([['#account', 1_202]])
  }
  expect((await (await edge.subscribe(stork, 0)).hears(1))[0]?.seq).toBe(1)
})

test('who replays the same hours from wherever gets the same, and bytes are kept up to the limit', async () => {
  await using house = await edgeHouse()
  for (let round = 0; round < 4; round++) await house.append(heron, 600, { bytes: 2_000 })
  await house.numbered(2_400)
  for (const replayBytesMax of [edgeLimits.replayBytesMax, 1_500_000]) {
    await using edge = await house.another({ role: 'edge', limits: { replayBytesMax } })
    const consumers = await Promise.all(
      [0, 3, 500, 1_000, 1_001, 2_399].map((cursor) => edge.subscribe(heron, cursor)),
    )
    for (const [index, cursor] of [0, 3, 500, 1_000, 1_001, 2_399].entries()) {
      const consumer = consumers[index]
      await consumer?.hears(2_400 - cursor)
      expect(consumer?.seqs()).toEqual(upTo(2_400 - cursor, cursor + 1))
    }
    expect(edge.context.edge.replayBytes).toBeGreaterThan(0)
    expect(edge.context.edge.replayBytes).toBeLessThanOrEqual(replayBytesMax)
  }
})

test('a replay goes on when Postgres has cut its connections, and neither misses nor repeats anything', async () => {
  await using house = await edgeHouse()
  for (let round = 0; round < 4; round++) await house.append(heron, 600, { bytes: 3_000 })
  await house.numbered(2_400)
  await using edge = await house.another({ role: 'edge', limits: { socketBytesMax: 100_000 } })
  const consumer = await edge.subscribe(heron, 0)
  const gone = await edge.subscribe(heron, 1)
  for (let cut = 1; cut <= 3; cut++) {
    await consumer.hears(cut * 200)
    if (cut === 2) gone.socket.terminate()
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'COPY%'`.execute(house.db)
  }
  await consumer.hears(2_400)
  expect(consumer.seqs()).toEqual(upTo(2_400))
})

test('a consumer that comes back at its last seq, to whichever edge, misses and repeats nothing', async () => {
  await using house = await edgeHouse()
  await using other = await house.another({ role: 'edge' })
  const appending = (async () => {
    for (let round = 0; round < 60; round++) await house.append(heron, 5)
  })()
  const seqs: number[] = []
  for (let visit = 0; seqs.length < 300; visit++) {
    const consumer = await (visit % 2 === 0 ? other : house).subscribe(heron, seqs.at(-1) ?? 0)
    await consumer.hears(1)
    consumer.socket.close()
    await consumer.closed()
    seqs.push(...consumer.seqs())
  }
  await appending
  expect(seqs).toEqual(upTo(300))
})

test('a consumer that takes nothing is cut, and the others notice nothing', async () => {
  await using house = await edgeHouse({
    limits: { stallMsMax: 200, sweepIntervalMs: 20, socketBytesMax: 50_000, closeMsMax: 200 },
  })
  const slow = await house.subscribe(heron)
  const quick = await house.subscribe(heron)
  slow.socket.pause()
  let sent = 0
  for (; house.context.edge.subscriberCount === 2; sent += 200) {
    await house.append(heron, 200, { bytes: 9_000 })
    await house.numbered(sent + 200)
  }
  expect(sent).toBeGreaterThan(0)
  expect((await quick.hears(sent)).length).toBe(sent)
  // It was given time to read the reason, and did not.
  await vi.waitUntil(() => house.context.edge.socketCount === 1, { timeout: 5_000, interval: 5 })
  slow.socket.resume()
  expect((await slow.closed()).code).toBe(1006)
})

test('a live consumer that falls too many bytes behind hears ConsumerTooSlow', async () => {
  await using house = await edgeHouse({
    limits: { backlogBytesMax: 3_000_000, sweepIntervalMs: 20, socketBytesMax: 50_000 },
  })
  const slow = await house.subscribe(heron)
  await house.append(heron, 1)
  await slow.hears(1)
  slow.socket.pause()
  for (let sent = 1; house.context.edge.subscriberCount === 1; sent += 200) {
    await house.append(heron, 200, { bytes: 9_000 })
    await house.numbered(sent + 200)
  }
  slow.socket.resume()
  expect(await slow.closed()).toEqual({ code: 1008, reason: 'ConsumerTooSlow' })
  expect(slow.heard.at(-1)?.body).toEqual({ error: 'ConsumerTooSlow', message: 'Stream consumer too slow' })
  // What it did hear has no hole.
  const seqs = slow.heard.slice(0, -1).map((frame) => frame.seq)
  expect(seqs).toEqual(upTo(seqs.length))
})

test('a consumer that answers pings stays; one that is gone is dropped', async () => {
  await using house = await edgeHouse({ limits: { pingIntervalMs: 50, sweepIntervalMs: 10 } })
  const alive = await house.subscribe(heron)
  const gone = await house.subscribe(heron)
  gone.socket.pause()
  await vi.waitUntil(() => house.context.edge.subscriberCount === 1, { timeout: 10_000, interval: 5 })
  await house.append(heron, 1)
  expect(await alive.hears(1)).toHaveLength(1)
})

test('a subscriber that talks is sent away', async () => {
  await using house = await edgeHouse()
  const consumer = await house.subscribe(heron)
  consumer.socket.send('hello')
  expect((await consumer.closed()).code).toBe(1003)
})

test('an edge that stops sends everybody away with 1001, one after the other, and nobody loses an event', async () => {
  await using house = await edgeHouse({ role: 'leader' })
  await using other = await house.another({ role: 'edge' })
  const edge = await house.another({ role: 'edge', limits: { drainPaceMs: 100 } })
  await house.append(heron, 3)
  await vi.waitUntil(() => edge.context.edge.head === 3, { timeout: 10_000, interval: 2 })
  const consumers = await Promise.all(upTo(5).map(() => edge.subscribe(heron, 0)))
  await Promise.all(consumers.map((consumer) => consumer.hears(3)))
  const stopped = edge.stop()
  expect((await consumers[0]?.closed())?.code).toBe(1001)
  expect(edge.context.edge.socketCount).toBeGreaterThan(1)
  // Those who are still there hear what happens meanwhile.
  await house.append(heron, 1)
  await consumers[4]?.hears(4)
  await stopped
  for (const consumer of consumers) {
    expect((await consumer.closed()).code).toBe(1001)
    const again = await other.subscribe(heron, consumer.seqs().at(-1))
    await house.append(heron, 1)
    await again.hears(1)
    const seqs = [...consumer.seqs(), ...again.seqs()]
    expect(seqs).toEqual(upTo(seqs.length))
    again.socket.terminate()
  }
})

test('however many there are, all have been sent away in their time, and who does not answer is cut', async () => {
  const house = await edgeHouse({ limits: { drainPaceMs: 60_000, drainSpreadMs: 200, drainCloseMsMax: 200 } })
  const consumers = await Promise.all(upTo(20).map(() => house.subscribe(heron)))
  const mute = await house.subscribe(heron)
  mute.socket.pause()
  const begunAt = performance.now()
  await house.stop()
  expect(performance.now() - begunAt).toBeLessThan(5_000)
  expect(house.context.edge.socketCount).toBe(0)
  for (const consumer of consumers) expect((await consumer.closed()).code).toBe(1001)
  mute.socket.resume()
  await mute.closed()
  await house[Symbol.asyncDispose]()
})

test('all that takes less time than the process has to end', () => {
  const { drainSpreadMs, drainCloseMsMax } = edgeLimits
  expect(drainSpreadMs + drainCloseMsMax).toBeLessThan(shutdownMsMax)
})
