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

test('a key is asked for at once, and what gathers meanwhile goes in one query', async () => {
  await using database = await testDatabase()
  const { lookUp, queries } = slowLookup()
  const answers = Array.from({ length: 10 }, (_, key) => lookUp(database.db, key))
  const first = Array.from({ length: lookupsInFlightMax }, (_, key) => [key])
  expect(queries.map(({ keys }) => keys)).toEqual(first)
  queries[0]?.answer.resolve()
  expect(await answers[0]).toBe('value of 0')
  await expect.poll(() => queries[lookupsInFlightMax]?.keys).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
  for (const { answer } of queries) answer.resolve()
  expect(await answers[9]).toBe('value of 9')
})

test('a query takes as many keys as the limit, the next one the rest', async () => {
  await using database = await testDatabase()
  const { lookUp, queries } = slowLookup()
  const count = lookupsInFlightMax + lookupKeysMax + 1
  const answers = Array.from({ length: count }, (_, key) => lookUp(database.db, key))
  for (const { answer } of queries.slice(0, lookupsInFlightMax)) answer.resolve()
  await expect.poll(() => queries.length).toBe(lookupsInFlightMax + 2)
  expect(queries.slice(lookupsInFlightMax).map(({ keys }) => keys.length)).toEqual([lookupKeysMax, 1])
  for (const { answer } of queries) answer.resolve()
  expect(await Promise.all(answers)).toHaveLength(count)
})

test('a query that fails fails for its keys alone', async () => {
  await using database = await testDatabase()
  const { lookUp, queries } = slowLookup()
  const answers = Array.from({ length: 4 }, (_, key) => lookUp(database.db, key))
  queries[0]?.answer.reject(new Error('connection lost'))
  await expect(answers[0]).rejects.toThrow('connection lost')
  await expect.poll(() => queries.length).toBe(3)
  for (const { answer } of queries.slice(1)) answer.resolve()
  expect(await Promise.all(answers.slice(1))).toEqual(['value of 1', 'value of 2', 'value of 3'])
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
