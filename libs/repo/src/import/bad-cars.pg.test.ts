import type { JobHandler } from '@heronry/jobs/handler'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { badCars, goodCars, paddedHeader, repeatedRecord } from '../../test/bad-cars.ts'
import {
  carOfMover,
  type ImportHouse,
  importHouse,
  type Mover,
  manyRecords,
} from '../../test/import-house.ts'
import { storeHandlers } from '../drop-store.ts'
import { verifyRepo } from '../verify-repo.ts'

let house: ImportHouse
let mover: Mover
beforeAll(async () => {
  house = await importHouse()
  mover = await house.mover({ writable: true })
  await house.import(mover, carOfMover(mover, manyRecords(30)).bytes)
})
afterAll(() => house[Symbol.asyncDispose]())

/** As a worker does the jobs that are due: half-filled stores are dropped. */
async function work(): Promise<void> {
  const open = house.db.selectFrom('job_outbox').select(['id', 'name', 'payload'])
  const due = await open.where('done_at', 'is', null).where('run_at', '<=', new Date()).execute()
  for (const { id, name, payload } of due) {
    const handler = storeHandlers(house).find(({ kind }) => kind.name === name) as JobHandler
    const { signal } = new AbortController()
    const job = { id, attempt: 1, signal, complete: async () => {} }
    await handler.run({ ...job, payload: handler.kind.parse(payload) })
    await house.db.deleteFrom('job_outbox').where('id', '=', id).execute()
  }
}

/** All rows of every table. */
async function everything(): Promise<Record<string, string>> {
  await work()
  const { rows } = await sql<{ name: string }>`
    SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition`.execute(house.db)
  const found: Record<string, string> = {}
  for (const { name } of rows) {
    const all = await sql<{ rows: string | null }>`
      SELECT string_agg(t::text, ' ' ORDER BY t::text) AS rows FROM ${sql.table(name)} AS t`.execute(house.db)
    found[name] = all.rows[0]?.rows ?? ''
  }
  return found
}

test.each(badCars)('%s is refused, and nothing is kept of it', async (_, make, told) => {
  const before = await everything()
  const refused = await house.import(mover, make(mover)).then(
    () => 'taken',
    (error: Error & { code?: string }) => [error.code, error.message],
  )
  expect(refused).toEqual(['InvalidRequest', expect.stringMatching(told)])
  expect(await everything()).toEqual(before)
})

test('records past their bytes together are refused, however few their blocks', async () => {
  const before = await everything()
  const bytes = repeatedRecord(mover, { records: 100, bytes: 5_000 })
  const size = 500_000
  expect(bytes.length).toBeLessThan(20_000)
  const refused = house.import(mover, bytes, { bytesMax: size - 1 })
  await expect(refused).rejects.toThrow('more than 499999 bytes together')
  expect(await everything()).toEqual(before)
  await house.import(mover, bytes, { bytesMax: size })
})

test.each([...goodCars, ['a header at its limit', paddedHeader] as const])('%s is taken', async (_, make) => {
  const fresh = await house.mover()
  await house.import(fresh, make(fresh))
  expect((await verifyRepo(house.db, { ...fresh, actorId: fresh.id }))?.problems).toEqual([])
})
