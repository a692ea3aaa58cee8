import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineJob } from './define-job.ts'
import { enqueue } from './enqueue.ts'
import { leaseJobs } from './lease-jobs.ts'
import { withdraw } from './withdraw.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const sweep = defineJob({ queue: 'brooms', name: 'sweep', parse: (payload) => payload })
const order = (key: string) =>
  inTransaction(database.db, { name: 'order' }, (tx) => enqueue(tx, sweep, { payload: {}, key }))
const takeBack = (key: string, kind = sweep) =>
  inTransaction(database.db, { name: 'take back' }, (tx) => withdraw(tx, kind, key))

test('a job that nobody has begun is taken back once, and no other', async () => {
  await order('mine')
  await order('other')
  expect(await takeBack('mine', { ...sweep, queue: 'elsewhere' })).toBe(false)
  expect(await takeBack('mine')).toBe(true)
  expect(await takeBack('mine')).toBe(false)
  expect(await takeBack('other')).toBe(true)
})

test('a job is not taken back by a transaction that rolls back', async () => {
  await order('kept')
  const undone = inTransaction(database.db, { name: 'undone' }, async (tx) => {
    await withdraw(tx, sweep, 'kept')
    throw new Error('rolled back')
  })
  await expect(undone).rejects.toThrow('rolled back')
  expect(await takeBack('kept')).toBe(true)
})

test.each([
  ['that is leased', {}],
  ['whose lease has run out', { lease_until: sql<Date>`now() - interval '1 s'`, attempts: 1 }],
  ['that is done', { lease_until: null, done_at: sql<Date>`now()` }],
  ['that is dead', { lease_until: null, dead_at: sql<Date>`now()` }],
])('a job %s is not taken back', async (state, fate) => {
  await order(state)
  await leaseJobs(database.db, { queue: sweep.queue, names: [sweep.name], max: 10 })
  if (Object.keys(fate).length > 0)
    await database.db.updateTable('job_outbox').set(fate).where('key', '=', state).execute()
  expect(await takeBack(state)).toBe(false)
})

test('of a worker that leases a job and one who takes it back, exactly one has it', async () => {
  await database.db.deleteFrom('job_outbox').execute()
  for (let round = 0; round < 20; round++) {
    await order(`race-${round}`)
    const [leased, back] = await Promise.all([
      leaseJobs(database.db, { queue: sweep.queue, names: [sweep.name], max: 10 }),
      takeBack(`race-${round}`),
    ])
    expect([leased.length, back]).toEqual(back ? [0, true] : [1, false])
  }
})
