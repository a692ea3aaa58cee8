import { tmpdir } from 'node:os'
import { MemoryBlockstore, Repo, readCarWithRoot, verifyDiffCar } from '@atproto/repo'
import type { Rev } from '@heronry/core/rev'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { create, type RepoHouse, repoHouse, thing, write } from '../test/repo-house.ts'
import { exportRepo } from './export-repo.ts'
import type { PreparedWrite } from './prepared-write.ts'
import { Spools } from './spools.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('who has an export brings it up to date by one since then, as the reference does it, and gets no other record', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const apply = async (writes: PreparedWrite[]) => (await engine.apply({ actor, writes })).commit?.rev as Rev
  const exported = async (since?: Rev) => {
    const parts = exportRepo({ ...house, spools: new Spools(tmpdir()) }, { actorId: actor.id, since })
    const chunks: Uint8Array[] = []
    for await (const part of parts) chunks.push(part)
    return Buffer.concat(chunks)
  }
  const since = await apply(many(0, 150))
  const { blocks, root } = await readCarWithRoot(await exported())
  await apply(many(150, 30))
  await apply([3, 77, 149].flatMap((n) => write({ action: 'update', rkey: key(n), record: { again: n } })))
  await apply([5, 78, 160].flatMap((n) => write({ action: 'delete', rkey: key(n) })))

  const held = await Repo.load(new MemoryBlockstore(blocks), root)
  const car = await exported(since)
  const { writes } = await verifyDiffCar(held, car, actor.did, actor.didKey)
  const of = (action: string) => writes.filter((one) => one.action === action).map(({ rkey }) => rkey)
  expect(of('create').sort()).toEqual(many(150, 30).flatMap(({ rkey }) => (rkey === key(160) ? [] : [rkey])))
  expect(of('update').sort()).toEqual([3, 77, 149].map(key))
  expect(of('delete').sort()).toEqual([5, 78].map(key))

  const sent = (await readCarWithRoot(car)).blocks
  const records = await house.db
    .selectFrom('record')
    .innerJoin('repo', 'repo.store_id', 'record.store_id')
    .select(['path', 'value'])
    .where('actor_id', '=', actor.id)
    .execute()
  const values = new Set(sent.entries().map(({ bytes }) => Buffer.from(bytes).toString('hex')))
  const carried = records
    .filter(({ value }) => values.has(Buffer.from(value).toString('hex')))
    .map(({ path }) => path)
  const written = [...of('create'), ...of('update')].map((rkey) => `${thing}/${rkey}`)
  expect(carried.sort()).toEqual(written.sort())
})

const key = (n: number) => `k-${String(n).padStart(4, '0')}`

function many(from: number, count: number): PreparedWrite[] {
  return Array.from({ length: count }, (_, at) => create(key(from + at))).flat()
}
