import { sql } from 'kysely'
import { expect, test, vi } from 'vitest'
import { seqMargin } from '../src/limits.ts'
import { edgeHouse, heron } from './edge-house.ts'

const promptly = { timeout: 10_000, interval: 5 }

test('a cursor beyond the head waits for the leader that verifies numbering, and carries on then', async () => {
  await using house = await edgeHouse({ role: 'edge' })
  const consumer = await house.subscribe(heron, 500)
  await house.append(heron, 1)
  await using _leader = await house.another({
    role: 'leader',
    witnesses: [{ name: 'relay', lastSeq: async () => 500 as never }],
  })
  expect((await consumer.hears(1)).map(({ type, seq }) => [type, seq])).toEqual([
    ['#identity', seqMargin + 501],
  ])
})

test('where no leader comes it is sent away without being called wrong', async () => {
  await using house = await edgeHouse({ role: 'edge', limits: { futureCursorWaitMs: 200 } })
  const consumer = await house.subscribe(heron, 500)
  expect(await consumer.closed()).toEqual({ code: 1013, reason: 'Try again later' })
  expect(consumer.heard).toEqual([])
})

test('a cursor that no witness knows is in the future, as soon as the term is verified', async () => {
  await using house = await edgeHouse()
  await vi.waitUntil(async () => {
    const state = await house.db.selectFrom('seq_state').selectAll().executeTakeFirstOrThrow()
    return state.verified_epoch === state.epoch
  }, promptly)
  expect(await (await house.subscribe(heron, 500)).closed()).toEqual({ code: 1008, reason: 'FutureCursor' })
})

test.each(['system_id', 'timeline', 'table_oid'])(
  'nobody is called wrong on the word of a leader of another place, whose lease is not over (%s)',
  async (column) => {
    await using house = await edgeHouse({ limits: { futureCursorWaitMs: 200 } })
    await vi.waitUntil(async () => {
      const state = await house.db.selectFrom('seq_state').selectAll().executeTakeFirstOrThrow()
      return state.verified_epoch === state.epoch
    }, promptly)
    await sql`UPDATE seq_state SET ${sql.ref(column)} = 77`.execute(house.db)
    const consumer = await house.subscribe(heron, 500)
    expect(await consumer.closed()).toEqual({ code: 1013, reason: 'Try again later' })
    expect(consumer.heard).toEqual([])
  },
)
