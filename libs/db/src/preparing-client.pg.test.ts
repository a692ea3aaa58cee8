import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from './database.ts'
import { preparedStatementsMax, preparedUsesMin } from './limits.ts'

test('a statement is prepared from its third use on, under one name on every connection', async () => {
  await using database = await testDatabase({ poolMax: 2 })
  const ask = () => sql`SELECT ${1}::int AS one`.execute(database.db)
  for (let use = 1; use < preparedUsesMin; use++) await ask()
  expect(await prepared(database.db)).toEqual([])
  await Promise.all([ask(), ask(), ask()])
  expect(new Set(await prepared(database.db))).toEqual(new Set(['SELECT $1::int AS one']))
})

test('a prepared statement is planned once, whatever it is asked for', async () => {
  await using database = await testDatabase({ poolMax: 1 })
  const { db } = database
  const ask = (ids: number[]) => sql`SELECT slug FROM community WHERE id = ANY (${ids}::int[])`.execute(db)
  for (let use = 0; use < preparedUsesMin + 10; use++) await ask(Array.from({ length: use }, (_, id) => id))
  const { rows } = await sql`SELECT generic_plans, custom_plans FROM pg_prepared_statements`.execute(db)
  expect(rows).toEqual([{ generic_plans: 11n, custom_plans: 0n }])
})

test('what has no parameters is sent as it is', async () => {
  await using database = await testDatabase({ poolMax: 1 })
  for (let use = 0; use <= preparedUsesMin; use++) await sql`SELECT 1 AS one`.execute(database.db)
  expect(await prepared(database.db)).toEqual([])
})

test('no more statements are prepared than the limit; the others are answered all the same', async () => {
  await using database = await testDatabase({ poolMax: 1 })
  for (let index = 0; index <= preparedStatementsMax; index++) {
    const ask = () => sql<{ n: number }>`SELECT ${index}::int AS ${sql.ref(`n${index}`)}`.execute(database.db)
    for (let use = 0; use < preparedUsesMin; use++) {
      expect((await ask()).rows).toEqual([{ [`n${index}`]: index }])
    }
  }
  expect(await prepared(database.db)).toHaveLength(preparedStatementsMax)
})

test('a migration that adds a column does not disturb who has prepared statements', async () => {
  await using database = await testDatabase({ poolMax: 1 })
  const { db } = database
  const ask = () => db.selectFrom('community').select('slug').where('id', '=', 1).execute()
  for (let use = 0; use <= preparedUsesMin; use++) await ask()
  await sql`ALTER TABLE community ADD COLUMN later text`.execute(db)
  expect(await ask()).toEqual([])
})

/** The texts that the answering connection holds prepared; asked without parameters, it is not one of them. */
async function prepared(db: Database): Promise<string[]> {
  const { rows } = await sql<{ statement: string }>`SELECT statement FROM pg_prepared_statements`.execute(db)
  return rows.map(({ statement }) => statement)
}
