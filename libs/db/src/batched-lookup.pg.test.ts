import { setImmediate as nextTurn } from 'node:timers/promises'
import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { batchedLookup } from './batched-lookup.ts'
import { lookupKeysMax, lookupsInFlightMax } from './limits.ts'

/** A lookup whose queries are answered when the test says so. */
function slowLookup() {
  const queries: { keys: readonly number[]; answer: PromiseWithResolvers<void> }[] = []
  const lookUp = batchedLookup<number, string>(async (_, keys) => {
    const answer = Promise.withResolvers<void>()
    queries.push({ keys, answer })
    await answer.promise
    return keys.map((key) => (key < 0 ? undefined : `value of ${key}`))
  })
  return { lookUp, queries }
}

test('keys that are asked for in one turn go in one query, as do those that gather meanwhile', async () => {
  await using database = await testDatabase()
  const { lookUp, queries } = slowLookup()
  const ask = (...keys: number[]) => Promise.all(keys.map((key) => lookUp(database.db, key)))
  const answers = [ask(0, 1, 2)]
  await expect.poll(() => queries.length).toBe(1)
  for (let n = 1; n < lookupsInFlightMax; n++) answers.push(ask(10 * n))
  await expect.poll(() => queries.length).toBe(lookupsInFlightMax)
  answers.push(ask(3, 4))
  await nextTurn()
  answers.push(ask(5))
  await nextTurn()
  expect(queries).toHaveLength(lookupsInFlightMax)
  queries[0]?.answer.resolve()
  expect(await answers[0]).toEqual(['value of 0', 'value of 1', 'value of 2'])
  await expect.poll(() => queries.length).toBe(lookupsInFlightMax + 1)
  expect(queries[0]?.keys).toEqual([0, 1, 2])
  expect(queries.at(-1)?.keys).toEqual([3, 4, 5])
  for (const { answer } of queries) answer.resolve()
  expect(await answers.at(-1)).toEqual(['value of 5'])
})

test('a query takes as many keys as the limit, the next one the rest', async () => {
  await using database = await testDatabase()
  const { lookUp, queries } = slowLookup()
  const answers = Array.from({ length: lookupKeysMax + 1 }, (_, key) => lookUp(database.db, key))
  await expect.poll(() => queries.length).toBe(2)
  expect(queries.map(({ keys }) => keys.length)).toEqual([lookupKeysMax, 1])
  for (const { answer } of queries) answer.resolve()
  expect(await Promise.all(answers)).toHaveLength(lookupKeysMax + 1)
})

test('a query that fails fails for its keys alone', async () => {
  await using database = await testDatabase()
  const { lookUp, queries } = slowLookup()
  const failing = lookUp(database.db, 0)
  await expect.poll(() => queries.length).toBe(1)
  const others = [1, 2, 3].map((key) => lookUp(database.db, key))
  queries[0]?.answer.reject(new Error('connection lost'))
  await expect(failing).rejects.toThrow('connection lost')
  await expect.poll(() => queries.length).toBe(2)
  queries[1]?.answer.resolve()
  expect(await Promise.all(others)).toEqual(['value of 1', 'value of 2', 'value of 3'])
})

test('what is not there is undefined, and each database is asked by itself', async () => {
  await using one = await testDatabase()
  await using other = await testDatabase()
  const asked: unknown[] = []
  const lookUp = batchedLookup<number, string>(async (db, keys) => {
    asked.push(db)
    return keys.map((key) => (key < 0 ? undefined : 'there'))
  })
  expect(await Promise.all([lookUp(one.db, -1), lookUp(other.db, 1)])).toEqual([undefined, 'there'])
  expect(asked).toEqual([one.db, other.db])
})
