import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeededRepo, seedRepo } from '../test/seed-repo.ts'
import { describeCollections } from './describe-collections.ts'
import { listRecords, type RecordPage } from './list-records.ts'
import { pagesTogetherMax } from './read-limits.ts'

let database: TestDatabase
let db: Database
let heron: SeededRepo
let stork: SeededRepo

/** Collections that are prefixes of each other, and paths around the edges of a collection's range. */
const paths = [
  'a.b.c-d/1',
  'a.b.c.d/1',
  'a.b.c/1',
  'a.b.c/2',
  'a.b.c/3:x',
  'a.b.c/hidden',
  'a.b.c/~',
  'a.b.cd/1',
  'a.b.c0/1',
]

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
  const records = paths.map((path) => ({ path, value: { path }, takedown: path.endsWith('hidden') ? 1 : 0 }))
  heron = await seedRepo(db, { actorId: 1n, records })
  stork = await seedRepo(db, { actorId: 2n, records: [{ path: 'a.b.c/2', value: { by: 'stork' } }] })
})
afterAll(() => database[Symbol.asyncDispose]())

const rkeys = async (page: Partial<RecordPage> = {}) => {
  const found = await listRecords(db, { storeId: heron.storeId, collection: 'a.b.c', limit: 50, ...page })
  return found.map((record) => record.path.slice('a.b.c/'.length))
}

test('a listing holds its own collection alone, highest rkey first, without what is taken down', async () => {
  expect(await rkeys()).toEqual(['~', '3:x', '2', '1'])
  expect(await rkeys({ reverse: true })).toEqual(['1', '2', '3:x', '~'])
})

test('pages joined by their cursors hold every record once, in both directions', async () => {
  expect(await rkeys({ limit: 2 })).toEqual(['~', '3:x'])
  expect(await rkeys({ limit: 2, cursor: '3:x' })).toEqual(['2', '1'])
  expect(await rkeys({ limit: 2, cursor: '1' })).toEqual([])
  expect(await rkeys({ limit: 3, reverse: true })).toEqual(['1', '2', '3:x'])
  expect(await rkeys({ limit: 3, reverse: true, cursor: '3:x' })).toEqual(['~'])
})

test('a cursor that names no record continues where it would be', async () => {
  expect(await rkeys({ cursor: '2a' })).toEqual(['2', '1'])
  expect(await rkeys({ cursor: '2a', reverse: true })).toEqual(['3:x', '~'])
})

test.each([pagesTogetherMax, pagesTogetherMax + 1])(
  '%i pages that are asked for at once are each their own, of both stores and in both directions',
  async (count) => {
    const pages = Array.from({ length: count }, (_, at): RecordPage => {
      const store = at % 5 === 0 ? stork : heron
      const cursor = at % 3 === 0 ? '3:x' : undefined
      return {
        storeId: store.storeId,
        collection: 'a.b.c',
        limit: 1 + (at % 4),
        reverse: at % 2 === 0,
        cursor,
      }
    })
    const together = await Promise.all(pages.map((page) => listRecords(db, page)))
    for (const [at, page] of pages.entries()) expect(together[at]).toEqual(await listRecords(db, page))
    expect(new Set(together.map((found) => found.map(({ path }) => path).join())).size).toBeGreaterThan(5)
  },
)

test('every collection is described once, also where one begins with the name of another', async () => {
  const expected = ['a.b.c-d', 'a.b.c.d', 'a.b.c', 'a.b.c0', 'a.b.cd']
  expect(await describeCollections(db, heron.storeId)).toEqual(expected)
  expect(await describeCollections(db, stork.storeId)).toEqual(['a.b.c'])
  expect(await describeCollections(db, 99n as typeof stork.storeId)).toEqual([])
})

test('the collections of a large repo cost one row each, and a page as many as it has', async () => {
  const collections = ['a.b.c', 'a.b.d', 'a.b.e']
  const records = collections.flatMap((name) =>
    Array.from({ length: 1_000 }, (_, n) => ({ path: `${name}/${String(n).padStart(4, '0')}`, value: {} })),
  )
  const { storeId } = await seedRepo(db, { actorId: 3n, records })
  await sql`ANALYZE record`.execute(db)
  const described = await rowsRead((tx) => describeCollections(tx, storeId))
  expect(described).toEqual({ result: collections, rows: collections.length })
  const page = { storeId, collection: 'a.b.d', limit: 50, cursor: '0500' }
  expect((await rowsRead((tx) => listRecords(tx, page))).rows).toBe(50)
})

/** What `read` answers, and how many rows of `record` it has looked at. */
async function rowsRead<T>(read: (tx: Database) => Promise<T>): Promise<{ result: T; rows: number }> {
  return await inTransaction(db, { name: 'count' }, async (tx) => {
    const before = await rowsSeen(tx)
    const result = await read(tx)
    return { result, rows: (await rowsSeen(tx)) - before }
  })
}

/** By this connection, since it last told its counts. */
async function rowsSeen(tx: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT (coalesce(idx_tup_fetch, 0) + seq_tup_read)::int AS count
      FROM pg_stat_xact_user_tables WHERE relname = 'record'`.execute(tx)
  return rows[0]?.count ?? 0
}
