import type { Database } from '@heronry/db/database'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeededRepo, seedRepo } from '../test/seed-repo.ts'
import { listRecords } from './list-records.ts'
import { pageValueBytesMax } from './read-limits.ts'
import { type AskedActor, findPagesOf, findRecordsOf, type PageAsked } from './records-of-actors.ts'
import { recordsOfPage } from './records-of-page.ts'

let database: TestDatabase
let db: Database
let heron: SeededRepo
let stork: SeededRepo

/** Collections that are prefixes of each other, and one record whose value is as large as may be together with its page. */
const paths = [
  'a.b.c-d/1',
  'a.b.c/1',
  'a.b.c/2',
  'a.b.c/3:x',
  'a.b.c/hidden',
  'a.b.c/~',
  'a.b.c0/1',
  'a.b.d/large',
]
/** The DRISL of { path: text } has nine bytes beside a long text. */
const large = 'x'.repeat(pageValueBytesMax - 9)

beforeAll(async () => {
  database = await testDatabase()
  db = database.db
  const records = paths.map((path) => {
    const value = { path: path.endsWith('large') ? large : path }
    return { path, value, takedown: path.endsWith('hidden') ? 1 : 0 }
  })
  heron = await seedRepo(db, { actorId: 1n, records })
  stork = await seedRepo(db, {
    actorId: 2n,
    published: false,
    records: [
      { path: 'a.b.c/2', value: { by: 'stork' } },
      { path: 'a.b.d/1', value: { by: 'stork' } },
      { path: 'a.b.d/larger', value: { path: `${large}x` } },
    ],
  })
})
afterAll(() => database[Symbol.asyncDispose]())

/** Actors without a repo among them, as the statement of another lib finds them. */
const actors = (ids: bigint[]) => sql<AskedActor>`
  SELECT id, n::int FROM unnest(${ids}::bigint[]) WITH ORDINALITY AS actor (id, n) WHERE id <> 4`

test('a record is found by its exact path, in its own repo, unless it is taken down', async () => {
  const asked: [bigint, string][] = [
    [1n, 'a.b.c/2'],
    [2n, 'a.b.c/2'],
    [2n, 'a.b.c/1'],
    [1n, 'a.b.c/hidden'],
    [3n, 'a.b.c/1'],
    [4n, 'a.b.c/1'],
    [1n, 'a.b.c/1'],
  ]
  const ids = actors(asked.map(([id]) => id))
  const found = await findRecordsOf(
    db,
    ids,
    asked.map(([, path]) => path),
  )
  const shown = found.map(({ n, store_id, value }) => [n, store_id, value && Buffer.from(value).subarray(1)])
  expect(shown.sort()).toEqual([
    [1, heron.storeId, Buffer.from('dpathga.b.c/2')],
    [2, stork.storeId, Buffer.from('bbyestork')],
    [3, stork.storeId, null],
    [4, heron.storeId, null],
    [7, heron.storeId, Buffer.from('dpathga.b.c/1')],
  ])
  expect(new Set(found.map(({ store_id, published }) => `${store_id} ${published}`)).size).toBe(2)
})

test.each(['ASC', 'DESC'] as const)(
  'pages in order %s are those that are listed one by one',
  async (order) => {
    const pages: PageAsked[] = [
      { collection: 'a.b.c', limit: 50 },
      { collection: 'a.b.c', limit: 50 },
      { collection: 'a.b.c', limit: 2 },
      { collection: 'a.b.c', limit: 2, cursor: '2' },
      { collection: 'a.b.c', limit: 2, cursor: '2a' },
      { collection: 'a.b', limit: 50 },
      { collection: 'a.b.d', limit: 50 },
    ]
    const repos = [heron, stork, heron, heron, heron, heron, heron]
    const ids = actors(repos.map(({ actorId }) => actorId))
    const found = await findPagesOf(db, ids, { order, pages })
    expect(found).toHaveLength(pages.length)
    for (const row of found) {
      const page = { ...(pages[row.n - 1] as PageAsked), storeId: row.store_id, reverse: order === 'ASC' }
      expect(row.store_id).toBe(repos[row.n - 1]?.storeId)
      expect(recordsOfPage(row)).toEqual(await listRecords(db, page))
    }
  },
)

test('a page with a value one byte too long for it is to be read by itself', async () => {
  const pages = [
    { collection: 'a.b.d', limit: 50 },
    { collection: 'a.b.d', limit: 1 },
  ]
  const found = await findPagesOf(db, actors([2n, 2n]), { order: 'ASC', pages })
  const whole = found.find(({ n }) => n === 1)
  const first = found.find(({ n }) => n === 2)
  if (whole === undefined || first === undefined) throw new Error('Not found')
  expect(recordsOfPage(whole)).toBeUndefined()
  expect(recordsOfPage(first)).toHaveLength(1)
})
