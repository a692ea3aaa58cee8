import { systemClock } from '@heronry/core/clock'
import type { StoreId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RepoHouse, repoHouse, thing } from '../test/repo-house.ts'
import { storeRows } from '../test/store-rows.ts'
import { catchUp, catchUpLocked } from './catch-up.ts'
import { fillStore, type StoreCopy } from './fill-store.ts'
import { rebuildRecordsMax } from './limits.ts'
import { reserveStore } from './new-store.ts'
import { prepareWrites } from './prepare-writes.ts'
import type { WriteRequest } from './prepared-write.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test.each([1, rebuildRecordsMax, rebuildRecordsMax + 1])(
  'a copy that catches up with %i changes of each kind is what the store is',
  async (count) => {
    const { copy, write } = await copyOf(3 * count)
    await write([
      ...many('create', { from: 3 * count, count }),
      ...many('update', { from: 0, count }),
      ...many('delete', { from: count, count }),
    ])
    await takeDown(copy, 2 * count)
    await catchUp(house.db, copy)
    await expectCopy(copy)
    await write(many('delete', { from: 3 * count, count }))
    await caughtUp(copy)
    await expectCopy(copy)
  },
)

const comparedMax = 50

test.each([comparedMax, comparedMax + 1, 2 * comparedMax])(
  'of %i records, those at both ends of what one query compares are caught up with',
  async (count) => {
    const { copy, write } = await copyOf(count)
    await write([
      ...many('delete', { from: count - 1, count: 1 }),
      ...many('update', { from: 0, count: 1 }),
      { action: 'create', collection: thing, rkey: `${rkeyOf(count)}~`, record: {} },
    ])
    await caughtUp(copy, { comparedMax })
    await expectCopy(copy)
  },
)

test('a store that is empty by now, or was empty, is caught up with', async () => {
  const grown = await copyOf(0)
  await grown.write(many('create', { from: 0, count: 60 }))
  await caughtUp(grown.copy)
  await expectCopy(grown.copy)
  const emptied = await copyOf(60)
  await emptied.write(many('delete', { from: 0, count: 60 }))
  await caughtUp(emptied.copy)
  await expectCopy(emptied.copy)
})

test('a value that is no record is forgotten when it is deleted, and read again when it is written', async () => {
  const { copy, write } = await copyOf(4, { spoilt: [0, 1, 2] })
  expect([...copy.unreadable.keys()]).toEqual([0, 1, 2].map((n) => path(n)))
  await write([...many('delete', { from: 0, count: 1 }), ...many('update', { from: 1, count: 1 })])
  await caughtUp(copy)
  expect([...copy.unreadable.keys()]).toEqual([path(2)])
  expect(copy.records).toBe(2)
})

test('a record that is written again while it is copied is left to the next pass', async () => {
  const { copy, write, from } = await copyOf(2)
  const late = await reserveStore(house.db, copy.actorId)
  const filling = fillStore(house.db, { from, to: late.storeId })
  await write(many('update', { from: 0, count: 2 }))
  const filled = await filling
  await caughtUp(filled)
  await expectCopy(filled)
})

async function copyOf(count: number, { spoilt = [] }: { spoilt?: number[] } = {}) {
  const actor = await house.actor()
  const engine = house.engine()
  const write = async (writes: WriteRequest[]) => {
    for (let at = 0; at < writes.length; at += 200) {
      const part = writes.slice(at, at + 200)
      await engine.apply({
        actor,
        writes: prepareWrites({ writes: part, validate: false, clock: systemClock }),
      })
    }
  }
  await write(many('create', { from: 0, count }))
  const repo = await house.db
    .selectFrom('repo')
    .select('store_id')
    .where('actor_id', '=', actor.id)
    .executeTakeFirstOrThrow()
  const from = repo.store_id as StoreId
  for (const n of spoilt) {
    await house.db
      .updateTable('record')
      .set({ value: Buffer.from('x') })
      .where('store_id', '=', from)
      .where('path', '=', path(n))
      .execute()
  }
  const { storeId } = await reserveStore(house.db, actor.id)
  const copy = { ...(await fillStore(house.db, { from, to: storeId })), actorId: actor.id }
  return { copy, write, from }
}

const rkeyOf = (n: number) => `r-${String(n).padStart(5, '0')}`
const path = (n: number) => `${thing}/${rkeyOf(n)}`

function many(
  action: 'create' | 'update' | 'delete',
  { from, count }: { from: number; count: number },
): WriteRequest[] {
  return Array.from({ length: count }, (_, at): WriteRequest => {
    const key = { collection: thing, rkey: rkeyOf(from + at) }
    return action === 'delete' ? { action, ...key } : { action, ...key, record: { action } }
  })
}

async function takeDown({ from }: StoreCopy, n: number): Promise<void> {
  await house.db
    .updateTable('record')
    .set({ takedown: 1 })
    .where('store_id', '=', from)
    .where('path', '=', path(n))
    .execute()
}

function caughtUp(copy: StoreCopy, options?: { comparedMax: number }): Promise<void> {
  return inTransaction(house.db, { name: 'catch up' }, (tx) => catchUpLocked(tx, copy, options))
}

async function expectCopy({ from, to, records, bytes, root }: StoreCopy): Promise<void> {
  const rows = await storeRows(house.db, from)
  expect(await storeRows(house.db, to)).toEqual(rows)
  const repo = await house.db
    .selectFrom('repo')
    .selectAll()
    .where('store_id', '=', from)
    .executeTakeFirstOrThrow()
  expect([BigInt(records), BigInt(bytes)]).toEqual([repo.record_count, repo.byte_count])
  expect(Buffer.from(root.cid)).toEqual(repo.data)
}
