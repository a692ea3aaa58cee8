import { systemClock } from '@heronry/core/clock'
import type { CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RepoHouse, repoHouse, thing } from '../test/repo-house.ts'
import { seedRepo } from '../test/seed-repo.ts'
import { prepareWrites } from './prepare-writes.ts'
import type { WriteRequest } from './prepared-write.ts'
import { rebuildRepo } from './rebuild-repo.ts'
import { verifyRepo } from './verify-repo.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
const count = soak ? 100_000 : 20_000
const lockedMsMax = count / 20

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test(`${count} records are rebuilt while writes go on: none is lost, and the row is locked for ${lockedMsMax} ms at most`, async () => {
  const { actor, paths } = await largeRepo()
  const engine = house.engine()
  let rebuilt: Awaited<ReturnType<typeof rebuildRepo>> | undefined
  const rebuilding = rebuildRepo({ ...house, clock: systemClock }, { actor, leaveOutUnreadable: false })
  const ended = rebuilding.then((result) => {
    rebuilt = result
  })
  let commits = 0
  for (let n = 0; rebuilt === undefined || n % 10 !== 0; n++) {
    const writes: WriteRequest[] = [
      { action: 'create', collection: thing, rkey: `new-${n}`, record: { n } },
      { action: 'update', collection: thing, rkey: keyOf((n * 7919) % (count / 2)), record: { n } },
      { action: 'delete', collection: thing, rkey: keyOf(count - 1 - n) },
    ]
    await engine.apply({
      actor,
      writes: prepareWrites({ writes, validate: false, clock: systemClock }),
    })
    paths.add(`${thing}/new-${n}`)
    paths.delete(`${thing}/${keyOf(count - 1 - n)}`)
    commits++
  }
  await ended
  expect(rebuilt?.lockedMs).toBeLessThanOrEqual(lockedMsMax)
  expect(rebuilt).toMatchObject({ sameTree: true, renamed: [], leftOut: [] })
  expect(commits).toBeGreaterThan(20)
  const report = await verifyRepo(house.db, { ...actor, actorId: actor.id })
  expect(report).toMatchObject({ records: count, problems: [] })
  const stored = await house.db
    .selectFrom('record')
    .innerJoin('repo', 'repo.store_id', 'record.store_id')
    .select('path')
    .where('actor_id', '=', actor.id)
    .execute()
  expect(new Set(stored.map(({ path }) => path))).toEqual(paths)
}, 600_000)

const keyOf = (n: number) => `r-${String(n).padStart(6, '0')}`

/** A repo whose rows were written in one go, and whose key is in the vault. */
async function largeRepo() {
  const records = Array.from({ length: count }, (_, n) => ({
    path: `${thing}/${keyOf(n)}`,
    value: { $type: thing, text: `number ${n}`.padEnd(200, '.') },
  }))
  const repo = await seedRepo(house.db, { actorId: 7_000_000n, records })
  const { actorId, did, didKey, privateKey } = repo
  await inTransaction(house.db, { name: 'seal' }, (tx) =>
    house.vault.seal(tx, { actorId, didKey, privateKey }),
  )
  await sql`ANALYZE record, mst_node`.execute(house.db)
  const actor = { id: actorId, communityId: 1 as CommunityId, did, didKey }
  return { actor, paths: new Set(records.map(({ path }) => path)) }
}
