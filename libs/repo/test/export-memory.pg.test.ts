import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedRepo } from './seed-repo.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
/** Fewer records here, but larger ones: twice the memory that may be taken, and more. */
const [count, recordBytes] = soak ? [100_000, 1_600] : [17_000, 8_000]
const grownBytesMax = 64 * 1024 * 1024

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test(`an export of ${count} records of ${recordBytes} bytes takes 64 MB of memory at most`, async () => {
  const { url } = database
  await seeded(1n, 500)
  await seeded(2n, count)
  const file = fileURLToPath(import.meta.resolve('./export-process.ts'))
  const { stdout } = await promisify(execFile)(process.execPath, [file, url, '1', '2'])
  const { bytes, grown } = JSON.parse(stdout) as { bytes: number; grown: number }
  expect(bytes).toBeGreaterThan(2 * grownBytesMax)
  expect(grown).toBeLessThanOrEqual(grownBytesMax)
}, 300_000)

async function seeded(actorId: bigint, records: number): Promise<void> {
  const filler = 'x'.repeat(recordBytes)
  await seedRepo(database.db, {
    actorId,
    records: Array.from({ length: records }, (_, n) => ({
      path: `a.b.c/${n}`,
      value: { n: `${n}`, filler },
    })),
  })
}
