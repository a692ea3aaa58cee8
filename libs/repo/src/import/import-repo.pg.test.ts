import { tmpdir } from 'node:os'
import { parseCid } from '@atproto/lex-data'
import { readCarWithRoot, repoToVerifiedRecords, verifyRepoCar } from '@atproto/repo'
import { cidString, digestsEqual } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { nextRev, revNumber, revOf } from '@heronry/core/rev'
import { createWorker } from '@heronry/jobs/worker'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  carOfMover,
  type ImportHouse,
  importHouse,
  type Mover,
  manyRecords,
} from '../../test/import-house.ts'
import { create, elsewhere, thing } from '../../test/repo-house.ts'
import { storeRows } from '../../test/store-rows.ts'
import { exportRepo } from '../export-repo.ts'
import { findRepo, type RepoHead } from '../find-repo.ts'
import { Spools } from '../spools.ts'
import { verifyRepo } from '../verify-repo.ts'
import { importPageRecords } from './limits.ts'

let house: ImportHouse
beforeAll(async () => {
  house = await importHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const headOf = async (mover: Mover) => (await findRepo(house.db, mover.id)) as RepoHead
const problemsOf = async (mover: Mover) =>
  (await verifyRepo(house.db, { ...mover, actorId: mover.id }))?.problems
async function exported(mover: Mover) {
  const chunks: Uint8Array[] = []
  const parts = exportRepo(
    { ...house, spools: new Spools(tmpdir()) },
    { actorId: mover.id, since: undefined },
  )
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}

test.each([0, 1, 50, importPageRecords, importPageRecords + 1, 3000])(
  'a repo of %i records is the same here, signed by us with a later revision',
  async (count) => {
    const mover = await house.mover()
    const car = carOfMover(mover, manyRecords(count))
    await house.import(mover, car.bytes)
    const head = await headOf(mover)
    expect(digestsEqual(head.data, car.data)).toBe(true)
    expect(await problemsOf(mover)).toEqual([])
    const { records } = (await verifyRepo(house.db, { ...mover, actorId: mover.id })) ?? {}
    expect(records).toBe(count)
    const verified = await verifyRepoCar(await exported(mover), mover.did, mover.didKey)
    expect(verified.creates.length).toBe(count)
  },
)
