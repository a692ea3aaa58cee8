import { setImmediate as turn } from 'node:timers/promises'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyRows } from './copy-rows.ts'
import { copyAheadBytesMax } from './limits.ts'
import { openSnapshot } from './open-snapshot.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ poolMax: 2 })
})
afterAll(() => database[Symbol.asyncDispose]())

/** The only field of each row, as text. */
function* texts(piece: Buffer): Generator<string> {
  for (let at = 0; at < piece.length; ) {
    const end = at + 1 + piece.readUInt32BE(at + 1)
    yield piece.toString('latin1', at + 11, end)
    at = end
  }
}
const isOneRow = (piece: Buffer) => 1 + piece.readUInt32BE(1) === piece.length
const numbers = (count: number) =>
  `SELECT n || repeat('x', n * 7919 % 3000) AS text FROM generate_series(1, ${count}) AS n`
const expected = (count: number) =>
  Array.from({ length: count }, (_, at) => `${at + 1}${'x'.repeat(((at + 1) * 7919) % 3000)}`)

test.each([0, 1, 5_000])('%i rows come whole and in order', async (count) => {
  await using snapshot = await openSnapshot(database.db)
  const found: string[] = []
  for await (const piece of copyRows(snapshot.tx, numbers(count))) found.push(...texts(piece))
  expect(found).toEqual(expected(count))
})

test('a piece lasts until the next is asked for, however long its reader takes', async () => {
  await using snapshot = await openSnapshot(database.db)
  const found: string[] = []
  for await (const piece of copyRows(snapshot.tx, numbers(5_000))) {
    for (const text of texts(piece)) {
      if (found.length % 10 === 0) for (let turns = 0; turns < 3; turns++) await turn()
      found.push(text)
    }
  }
  expect(found).toEqual(expected(5_000))
})

test('what came from the socket is given back once it was read', async () => {
  await using snapshot = await openSnapshot(database.db)
  const pieces: Buffer[] = []
  for await (const piece of copyRows(snapshot.tx, numbers(5_000))) pieces.push(piece)
  const kept = pieces.filter(({ buffer }) => buffer.byteLength > 0)
  // Rows that two reads share are copied.
  expect(kept.every((piece) => piece.buffer.byteLength === Buffer.poolSize || isOneRow(piece))).toBe(true)
  expect(kept.length).toBeLessThan(pieces.length / 1.5)
})

test('a row larger than what is taken ahead comes whole', async () => {
  await using snapshot = await openSnapshot(database.db)
  const lengths = [10, copyAheadBytesMax - 11, copyAheadBytesMax, 3 * copyAheadBytesMax, 10]
  const rows = `SELECT repeat('x', length) AS text FROM unnest(ARRAY[${lengths}]) AS length`
  const found: number[] = []
  for await (const piece of copyRows(snapshot.tx, rows)) {
    for (const text of texts(piece)) found.push(text.length)
  }
  expect(found).toEqual(lengths)
})

test('the connection serves other statements afterwards', async () => {
  await using snapshot = await openSnapshot(database.db)
  for (let time = 0; time < 3; time++) {
    const found: string[] = []
    for await (const piece of copyRows(snapshot.tx, numbers(10))) found.push(...texts(piece))
    expect(found).toEqual(expected(10))
    expect((await sql`SELECT ${time}::int AS time`.execute(snapshot.tx)).rows).toEqual([{ time }])
  }
})

test('what Postgres refuses is thrown, and the transaction goes the way of any that failed', async () => {
  await using snapshot = await openSnapshot(database.db)
  const read = async () => {
    for await (const piece of copyRows(
      snapshot.tx,
      'SELECT 1 / (n - 2000) FROM generate_series(1, 3000) AS n',
    )) {
      expect(piece.length).toBeGreaterThan(0)
    }
  }
  await expect(read()).rejects.toThrow('division by zero')
  await expect(sql`SELECT 1`.execute(snapshot.tx)).rejects.toThrow('current transaction is aborted')
})

test('a connection that dies in the middle is an error, and the pool goes on', async () => {
  const snapshot = await openSnapshot(database.db)
  const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(snapshot.tx)
  const read = async () => {
    let pieces = 0
    for await (const piece of copyRows(snapshot.tx, numbers(50_000))) {
      expect(piece.length).toBeGreaterThan(0)
      if (++pieces === 2) await sql`SELECT pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(database.db)
    }
  }
  await expect(read()).rejects.toThrow()
  await snapshot[Symbol.asyncDispose]()
  expect((await sql`SELECT 1 AS one`.execute(database.db)).rows).toEqual([{ one: 1 }])
})

test('a reader who leaves in the middle costs its connection, and the pool goes on', async () => {
  for (let reader = 0; reader < 3; reader++) {
    await using snapshot = await openSnapshot(database.db)
    for await (const piece of copyRows(snapshot.tx, numbers(50_000))) if (piece.length > 0) break
  }
  expect((await sql`SELECT 1 AS one`.execute(database.db)).rows).toEqual([{ one: 1 }])
})
