import { tmpdir } from 'node:os'
import { readCarWithRoot } from '@atproto/repo'
import { sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SeedRecord, seedRepo } from '../test/seed-repo.ts'
import { countRepo } from './count-repo.ts'
import { exportRepo } from './export-repo.ts'
import { Spools } from './spools.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test.each([0, 1, 2, 7, 100, 3000])(
  'of %i records as many blocks are counted as are exported',
  async (count) => {
    const { db } = database
    const blob = (at: number) => sha256(Buffer.from(`blob ${at % 10}`))
    const records: SeedRecord[] = Array.from({ length: count }, (_, at) => ({
      path: `a.b.c/${at}`,
      value: { text: `number ${at}` },
      blobs: [blob(at)],
    }))
    const repo = await seedRepo(db, { actorId: BigInt(count + 1), records })
    await seedRepo(db, { actorId: BigInt(count + 100_000), records: [{ path: 'a.b.c/1', value: {} }] })
    const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
    const chunks: Uint8Array[] = []
    const exported = exportRepo({ db, logger, spools: new Spools(tmpdir()) }, repo)
    for await (const chunk of exported) chunks.push(chunk as Uint8Array)
    const { blocks } = await readCarWithRoot(Buffer.concat(chunks))
    expect(await countRepo(db, repo.actorId)).toEqual({
      records: count,
      blocks: blocks.size,
      blobs: Math.min(count, 10),
    })
  },
)

test('a repo of more records than are looked through has about as many leaves as chance gives it', async () => {
  const { db } = database
  const records = Array.from({ length: 2000 }, (_, at) => ({ path: `a.b.c/${at}`, value: {} }))
  const { actorId } = await seedRepo(db, { actorId: 50_000n, records })
  const exact = (await countRepo(db, actorId, { exactMax: 2000 }))?.blocks ?? 0
  const estimated = (await countRepo(db, actorId, { exactMax: 1999 }))?.blocks ?? 0
  expect(estimated).not.toBe(exact)
  expect(Math.abs(estimated - exact) / exact).toBeLessThan(0.02)
})

test('what is not there has no count', async () => {
  expect(await countRepo(database.db, 77n as ActorId)).toBeUndefined()
})
