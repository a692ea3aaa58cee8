import { parseDid } from '@heronry/core/did'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstRev, type SeededRepo, seedRepo } from '../test/seed-repo.ts'
import { repoProblemsMax } from './read-limits.ts'
import { verifyRepo } from './verify-repo.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

let actors = 0n
const seed = (count = 300) =>
  seedRepo(database.db, {
    actorId: ++actors,
    records: Array.from({ length: count }, (_, index) => ({
      path: `com.example.thing/${String(index).padStart(5, '0')}`,
      value: { text: `${index}` },
    })),
  })
const verify = (repo: SeededRepo, changes: object = {}) => verifyRepo(database.db, { ...repo, ...changes })
const records = (repo: SeededRepo) => ({ db: database.db, storeId: repo.storeId })

test('a whole repo has no problems, with many records and with none', async () => {
  const repo = await seed()
  expect(await verify(repo)).toMatchObject({ rev: firstRev, records: 300, problems: [] })
  expect(await verify(await seed(0))).toMatchObject({ records: 0, nodes: 1, problems: [] })
  expect(await verify(repo, { actorId: 999_999n })).toBeUndefined()
})

test('a head that is not the owner’s, or not signed by the owner’s key, is found', async () => {
  const repo = await seed(3)
  const other = await seed(1)
  const did = parseDid('did:web:other.example')
  expect((await verify(repo, { did }))?.problems).toEqual([
    `The commit is of ${repo.did}, not of did:web:other.example`,
  ])
  expect((await verify(repo, { didKey: other.didKey }))?.problems).toEqual([
    `The commit is not signed by ${other.didKey}`,
  ])
})

test('a changed record, a lost one and a changed commit are found, each by its name', async () => {
  const changed = await seed()
  await setRecord(changed, { value: Buffer.from('x') })
  expect((await verify(changed))?.problems).toEqual([
    'The record com.example.thing/00007 is not what its CID names',
  ])
  const lost = await seed()
  await database.db
    .deleteFrom('record')
    .where('store_id', '=', records(lost).storeId)
    .where('path', '=', 'com.example.thing/00007')
    .execute()
  expect((await verify(lost))?.problems[0]).toMatch(/^The records make the tree bafy/)
  const commit = await seed(1)
  const wrong = { commit: Buffer.concat([commit.commit, Buffer.from('x')]) }
  await database.db.updateTable('repo').set(wrong).where('actor_id', '=', commit.actorId).execute()
  expect((await verify(commit))?.problems).toEqual(['The commit block is not the one that the head names'])
})

test('stored nodes that are not the tree are found, and left as they are', async () => {
  const repo = await seed()
  await database.db.deleteFrom('mst_node').where('store_id', '=', repo.storeId).execute()
  const first = await verify(repo)
  expect(first?.problems).toEqual([expect.stringContaining('is not what its parent links to')])
  expect(await verify(repo)).toEqual(first)
})

test('a report lists 100 problems at most', async () => {
  const repo = await seed(repoProblemsMax + 1)
  await database.db
    .updateTable('record')
    .set({ value: Buffer.from('x') })
    .where('store_id', '=', repo.storeId)
    .execute()
  expect((await verify(repo))?.problems).toHaveLength(repoProblemsMax)
})

async function setRecord(repo: SeededRepo, set: { value: Uint8Array }): Promise<void> {
  await database.db
    .updateTable('record')
    .set(set)
    .where('store_id', '=', repo.storeId)
    .where('path', '=', 'com.example.thing/00007')
    .execute()
}
