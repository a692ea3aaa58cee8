import { setImmediate as turn } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyRows } from './copy-rows.ts'
import { openSnapshot } from './open-snapshot.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ poolMax: 2 })
})
afterAll(() => database[Symbol.asyncDispose]())

/** The only field of a row, as text. */
const text = (row: Buffer) => row.toString('latin1', 6)
const numbers = (count: number) =>
  `SELECT n || repeat('x', n * 7919 % 3000) AS text FROM generate_series(1, ${count}) AS n`
const expected = (count: number) =>
  Array.from({ length: count }, (_, at) => `${at + 1}${'x'.repeat(((at + 1) * 7919) % 3000)}`)

test.each([0, 1, 5_000])('%i rows come whole and in order', async (count) => {
  await using snapshot = await openSnapshot(database.db)
  const found: string[] = []
  for await (const rows of copyRows(snapshot.tx, numbers(count))) found.push(...rows.map(text))
  expect(found).toEqual(expected(count))
})

test('a batch lasts until the next is asked for, however long its reader takes between two rows', async () => {
  await using snapshot = await openSnapshot(database.db)
  const found: string[] = []
  for await (const rows of copyRows(snapshot.tx, numbers(5_000))) {
    for (const [at, row] of rows.entries()) {
      if (at % 10 === 0) for (let turns = 0; turns < 3; turns++) await turn()
      found.push(text(row))
    }
  }
  expect(found).toEqual(expected(5_000))
})

test('what Postgres refuses is thrown, and the transaction goes the way of any that failed', async () => {
  await using snapshot = await openSnapshot(database.db)
  const read = async () => {
    for await (const rows of copyRows(
      snapshot.tx,
      'SELECT 1 / (n - 2000) FROM generate_series(1, 3000) AS n',
    )) {
      expect(rows.length).toBeGreaterThan(0)
    }
  }
  await expect(read()).rejects.toThrow('division by zero')
  await expect(sql`SELECT 1`.execute(snapshot.tx)).rejects.toThrow('current transaction is aborted')
})

test('a reader who leaves in the middle costs its connection, and the pool goes on', async () => {
  for (let reader = 0; reader < 3; reader++) {
    await using snapshot = await openSnapshot(database.db)
    for await (const rows of copyRows(snapshot.tx, numbers(50_000))) if (rows.length > 0) break
  }
  expect((await sql`SELECT 1 AS one`.execute(database.db)).rows).toEqual([{ one: 1 }])
})
