import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { assertNoTransaction, inTransaction } from './in-transaction.ts'
import { isMigrated, migrateToLatest } from './migrate.ts'

test('a migrated database has nothing left to migrate', async () => {
  await using database = await testDatabase()
  expect(await migrateToLatest(database.db)).toEqual([])
  expect(await isMigrated(database.db)).toBe(true)
})

test('leaving the house inside a transaction is refused', async () => {
  await using database = await testDatabase()
  assertNoTransaction('fetch')
  await inTransaction(database.db, { name: 'sign-up' }, async () => {
    expect(() => assertNoTransaction('fetch')).toThrow('fetch inside the transaction sign-up')
  })
})
