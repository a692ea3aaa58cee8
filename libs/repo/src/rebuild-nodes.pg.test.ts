import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedRepo } from '../test/seed-repo.ts'
import { rebuildPageMax } from './limits.ts'
import { rebuildNodes } from './rebuild-nodes.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test.each([0, 1, rebuildPageMax, rebuildPageMax + 1])(
  'the nodes of %i records are made again as they were, and those of another repo stay',
  async (count) => {
    const records = Array.from({ length: count }, (_, at) => ({
      path: `a.b.c/${at}`,
      value: { text: `${at}` },
    }))
    const repo = await seedRepo(database.db, { actorId: BigInt(count + 1), records })
    const before = await allNodes()
    await database.db
      .deleteFrom('mst_node')
      .where('store_id', '=', repo.storeId)
      .where('lo', '<', 'a.b.c/5')
      .execute()
    await rebuildNodes(database.db, repo.actorId)
    expect(await allNodes()).toEqual(before)
  },
)

test('nothing is changed where the records are not those of the root', async () => {
  const records = Array.from({ length: 50 }, (_, at) => ({ path: `a.b.c/${at}`, value: { text: `${at}` } }))
  const repo = await seedRepo(database.db, { actorId: 10_000n, records })
  const before = await allNodes()
  await database.db
    .deleteFrom('record')
    .where('store_id', '=', repo.storeId)
    .where('path', '=', 'a.b.c/7')
    .execute()
  await expect(rebuildNodes(database.db, repo.actorId)).rejects.toThrow('make the tree')
  expect(await allNodes()).toEqual(before)
})

function allNodes() {
  return database.db
    .selectFrom('mst_node')
    .selectAll()
    .orderBy('store_id')
    .orderBy('layer')
    .orderBy('lo')
    .execute()
}
