import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyInto } from './copy-into.ts'
import { poolUse } from './database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase({ poolMax: 1 })
})
afterAll(() => database[Symbol.asyncDispose]())

const target = 'import_block (import_id, digest, body)'

function row(id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(2 + 12 + 4 + 1 + 4)
  head.writeInt16BE(3, 0)
  head.writeInt32BE(8, 2)
  head.writeBigInt64BE(BigInt(id), 6)
  head.writeInt32BE(1, 14)
  head.writeUInt8(id % 256, 18)
  head.writeInt32BE(body.length, 19)
  return Buffer.concat([head, body])
}

test('rows arrive as they were given, in however many pieces', async () => {
  const bodies = Array.from({ length: 1000 }, (_, id) => Buffer.alloc(id * 7, id))
  const rows = bodies.map((body, id) => row(id, body))
  await copyInto(database.db, target, [Buffer.concat(rows.slice(0, 500)), ...rows.slice(500)])
  const stored = await database.db.selectFrom('import_block').select(['import_id', 'body']).execute()
  expect(stored.length).toBe(1000)
  for (const { import_id, body } of stored)
    expect(Buffer.compare(body, bodies[Number(import_id)] as Buffer)).toBe(0)
})

test('rows that Postgres does not understand leave none of them, and a pool that works', async () => {
  const good = row(5000, Buffer.from('good'))
  await expect(copyInto(database.db, target, [good, Buffer.from('nonsense')])).rejects.toThrow(/field count/)
  expect(poolUse(database.db)).toEqual({ inUse: 0, waiting: 0 })
  const { rows } = await sql`SELECT FROM import_block WHERE import_id = 5000`.execute(database.db)
  expect(rows).toEqual([])
})

test('no rows are no rows', async () => {
  await copyInto(database.db, target, [])
})
