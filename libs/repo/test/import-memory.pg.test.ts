import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyRepo } from '../src/verify-repo.ts'
import { type RepoHouse, repoHouse } from './repo-house.ts'

const records = process.env['HERONRY_SOAK'] === undefined ? 100_000 : 1_000_000
const grownBytesMax = 300 * 1024 * 1024

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test(`an import of ${records} records takes 300 MB of memory at most, and other accounts write meanwhile`, async () => {
  const mover = await house.actor({ writable: false })
  const writer = await house.actor()
  const file = fileURLToPath(import.meta.resolve('./import-process.ts'))
  const kek = house.kek.toString('hex')
  const told = await promisify(execFile)(process.execPath, [
    file,
    house.url,
    kek,
    `${records}`,
    mover.did,
    writer.did,
  ])
  const measured = JSON.parse(told.stdout) as { grown: number; meanwhile: { count: number } }
  expect(measured.grown).toBeLessThanOrEqual(grownBytesMax)
  expect(measured.meanwhile.count).toBeGreaterThan(10)
  const report = await verifyRepo(house.db, { ...mover, actorId: mover.id })
  expect(report).toMatchObject({ records, problems: [] })
}, 1_200_000)
