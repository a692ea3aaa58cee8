import { type Rev, revNumber, revOf } from '@heronry/core/rev'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstRev, type SeedRecord, seedRepo } from '../test/seed-repo.ts'
import { sinceBytesMax, sinceLooksMax, sinceRecordsMax } from './read-limits.ts'
import { recordsSince } from './records-since.ts'

const posts = 'app.bsky.feed.post'
const profile = 'app.bsky.actor.profile/self'
const rev = (after: number): Rev => revOf(revNumber(firstRev) + (BigInt(after) << 10n))
const post = (at: number, rest: Partial<SeedRecord> = {}): SeedRecord => {
  const key = String(at).padStart(6, '0')
  return { path: `${posts}/${key}`, value: { text: key }, rev: rev(at), ...rest }
}

let database: TestDatabase
let actors = 0n
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

async function since(records: SeedRecord[], after: Rev): Promise<string[]> {
  const { storeId } = await seedRepo(database.db, { actorId: ++actors, records })
  const found = await recordsSince(database.db, { storeId, rev: after, collection: posts, path: profile })
  return found.map(({ path }) => path.slice(-6))
}

test('what is newer than a rev is given oldest first, the profile among it', async () => {
  const written = { path: profile, value: { displayName: 'H' }, rev: rev(3) }
  const like = { path: 'app.bsky.feed.like/1', value: {}, rev: rev(4) }
  expect(await since([post(1), post(2), written, like, post(5)], rev(1))).toEqual([
    '000002',
    'e/self',
    '000005',
  ])
  expect(await since([post(1), post(2)], rev(2))).toEqual([])
})

test('what is taken down is not given, nor what is of another repo', async () => {
  expect(await since([post(1), post(2, { takedown: 1 })], rev(1))).toEqual([])
})

test.each([
  [sinceRecordsMax, '000002'],
  [sinceRecordsMax + 1, '000002'],
])('of %i new records the oldest are given, %s first, and no more than the limit', async (count, first) => {
  const records = Array.from({ length: count + 1 }, (_, at) => post(at + 1))
  const found = await since(records, rev(1))
  expect([found[0], found.length]).toEqual([first, sinceRecordsMax])
})

test('a record is left out past its bytes', async () => {
  const text = (bytes: number) => ({ text: 'x'.repeat(bytes) })
  const [fits, exceeds] = [sinceBytesMax - 9, sinceBytesMax - 8]
  expect(
    await since([post(1), post(2, { value: text(fits) }), post(3, { value: text(exceeds) })], rev(1)),
  ).toEqual(['000002'])
})

test('nothing is new where everything is: the repo moved here, and the rev is of the server before', async () => {
  const moved = [post(1, { rev: rev(9) }), post(2, { rev: rev(9) })]
  expect(await since(moved, rev(8))).toEqual([])
  expect(await since([{ path: 'a.b.c/1', value: {}, rev: rev(1) }, ...moved], rev(8))).toHaveLength(2)
})

test('the newest keys alone are looked at, however large the repo', async () => {
  const { storeId } = await seedRepo(database.db, { actorId: ++actors, records: [post(0)] })
  await sql`INSERT INTO record (store_id, path, cid, rev, value)
    SELECT ${storeId}, 'app.bsky.feed.post/' || lpad(n::text, 6, '0'), '\\x00', ${revNumber(rev(1))}, '\\x60'
    FROM generate_series(1, 20000) AS n`.execute(database.db)
  const newest = 20_000 - sinceLooksMax + 1
  const touch = (at: number) =>
    sql`UPDATE record SET rev = ${revNumber(rev(2))} WHERE store_id = ${storeId}
      AND path = ${post(at).path}`.execute(database.db)
  const asked = { storeId, rev: rev(1), collection: posts, path: profile }
  await touch(newest - 1)
  expect(await recordsSince(database.db, asked)).toEqual([])
  await touch(newest)
  expect(await recordsSince(database.db, asked)).toMatchObject([{ path: post(newest).path, rev: rev(2) }])
})
