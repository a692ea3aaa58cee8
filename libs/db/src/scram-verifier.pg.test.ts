import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { scramVerifier } from './scram-verifier.ts'

test('what is stored of a password is what Postgres itself would store of it', async () => {
  await using database = await testDatabase()
  const { db } = database
  const stored = await db.transaction().execute(async (tx) => {
    await sql`SET LOCAL password_encryption = 'scram-sha-256'`.execute(tx)
    await sql`CREATE ROLE heronry_scram_test PASSWORD 'a1B2-c3'`.execute(tx)
    const { rows } = await sql<{ rolpassword: string }>`
      SELECT rolpassword FROM pg_authid WHERE rolname = 'heronry_scram_test'`.execute(tx)
    await sql`DROP ROLE heronry_scram_test`.execute(tx)
    return rows[0]?.rolpassword ?? ''
  })
  const [, iterations = '', salt = ''] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(stored) ?? []
  const same = { iterations: Number(iterations), salt: Buffer.from(salt, 'base64') }
  expect(scramVerifier('a1B2-c3', same)).toBe(stored)
})
