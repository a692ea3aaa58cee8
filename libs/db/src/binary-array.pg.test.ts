import { testDatabase } from '@heronry/testing/postgres'
import { CompiledQuery } from 'kysely'
import { expect, test } from 'vitest'
import { byteaArray, int2Array, int4Array, int8Array, textArray } from './binary-array.ts'

test.each([
  ['int2', int2Array, [0, -32_768, 32_767]],
  ['int4', int4Array, [0, -2_147_483_648, 2_147_483_647]],
  ['int8', int8Array, [0n, -(2n ** 63n), 2n ** 63n - 1n]],
  ['text', textArray, ['', 'a,b "{}" \\', 'Nöö 🪶', null, 'NULL', 'x'.repeat(70_000)]],
  ['bytea', byteaArray, [Buffer.of(), Buffer.of(0, 255, 92, 34), null, Buffer.alloc(100_000, 7)]],
] as const)(
  'Postgres reads an array of %s as it was written, and one without elements',
  async (type, write, values) => {
    await using database = await testDatabase()
    const arrayOf = write as (values: readonly unknown[]) => Buffer
    const read = async (parameter: Buffer) => {
      const query = CompiledQuery.raw(`SELECT value FROM unnest($1::${type}[]) AS value`, [parameter])
      const { rows } = await database.db.executeQuery<{ value: unknown }>(query)
      return rows.map(({ value }) => value)
    }
    expect(await read(arrayOf(values))).toEqual(values)
    expect(await read(arrayOf([]))).toEqual([])
  },
)
