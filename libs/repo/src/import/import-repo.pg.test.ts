import { tmpdir } from 'node:os'
import { parseCid } from '@atproto/lex-data'
import { readCarWithRoot, verifyRepoCar } from '@atproto/repo'
import { digestOf, digestsEqual } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { nextRev, type Rev } from '@heronry/core/rev'
import { inTransaction } from '@heronry/db/in-transaction'
import { carOf } from '@heronry/testing/repo-car'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { block } from '../../test/bad-cars.ts'
import {
  carOfMover,
  type ImportHouse,
  importHouse,
  inChunks,
  type Mover,
  manyRecords,
} from '../../test/import-house.ts'
import { create, elsewhere, thing } from '../../test/repo-house.ts'
import { countRepo } from '../count-repo.ts'
import { exportRepo } from '../export-repo.ts'
import { findRepo, type RepoHead } from '../find-repo.ts'
import { setRecordTakedown } from '../record-takedown.ts'
import { Spools } from '../spools.ts'
import { verifyRepo } from '../verify-repo.ts'
import { importPageRecords } from './limits.ts'

let house: ImportHouse
beforeAll(async () => {
  house = await importHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const headOf = async (mover: Mover) => (await findRepo(house.db, mover.id)) as RepoHead
const isWhole = async (mover: Mover) => {
  const report = await verifyRepo(house.db, { ...mover, actorId: mover.id })
  expect(report?.problems).toEqual([])
  return report?.records
}
async function exported(mover: Mover, since?: Rev) {
  const chunks: Uint8Array[] = []
  const parts = exportRepo({ ...house, spools: new Spools(tmpdir()) }, { actorId: mover.id, since })
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}
const kindsOf = async ({ id }: Mover) => {
  const rows = await house.db
    .selectFrom('event')
    .select('kind')
    .where('actor_id', '=', id)
    .orderBy('id')
    .execute()
  return rows.map(({ kind }) => kind)
}
const pathsOf = async (mover: Mover) => {
  const { storeId } = await headOf(mover)
  const rows = await house.db.selectFrom('record').select('path').where('store_id', '=', storeId).execute()
  return rows.map(({ path }) => path).sort()
}

test.each([0, 1, 50, importPageRecords, importPageRecords + 1, 3000])(
  'a repo of %i records is the same here, signed by us with a later revision, and announced by its activation alone',
  async (count) => {
    const mover = await house.mover()
    const rev = nextRev(systemClock)
    const car = carOfMover(mover, manyRecords(count), rev)
    await house.import(mover, car.bytes)
    const head = await headOf(mover)
    expect(digestsEqual(head.data, car.data)).toBe(true)
    expect(head.rev > rev).toBe(true)
    expect(await isWhole(mover)).toBe(count)
    const verified = await verifyRepoCar(await exported(mover), mover.did, mover.didKey)
    expect(verified.creates.length).toBe(count)
    expect(await countRepo(house.db, mover.id)).toMatchObject({ records: count })
    expect(await kindsOf(mover)).toEqual([1, 2])
  },
)

test('an import replaces the repo, the same one again changes nothing, and an active one is told by #sync', async () => {
  const mover = await house.mover({ writable: true, communityId: elsewhere })
  await house.engine().apply({ actor: mover, writes: create('mine') })
  const car = carOfMover(mover, manyRecords(20))
  await house.import(mover, car.bytes)
  expect(await pathsOf(mover)).toEqual([...manyRecords(20)].map(([path]) => path).sort())
  const first = await headOf(mover)
  await house.import(mover, car.bytes)
  expect(await headOf(mover)).toEqual(first)
  expect(await kindsOf(mover)).toEqual([1, 2, 1, 2])
  await house.import(mover, carOfMover(mover, manyRecords(20)).bytes)
  expect((await headOf(mover)).rev > first.rev).toBe(true)
  await house.engine().apply({ actor: mover, writes: create('after') })
  expect(await isWhole(mover)).toBe(21)
})

test('backlinks and blobs are those of the records, in whatever form they name them', async () => {
  const mover = await house.mover()
  const [modern, legacy] = [
    'bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy',
    'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
  ].map((text) => parseCid(text)) as [ReturnType<typeof parseCid>, ReturnType<typeof parseCid>]
  const blobRow = { actor_id: mover.id, cid: digestOf(legacy, 'raw') as Uint8Array, object_key: 'x' }
  await house.db
    .insertInto('blob')
    .values({ ...blobRow, mime: 'image/png', size: 5n, takedown_ref: null, orphan_since: new Date() })
    .execute()
  const image = { $type: 'blob', ref: modern, mimeType: 'image/png', size: 5 }
  const old = { cid: legacy.toString(), mimeType: 'image/png' }
  const records = [
    [`${thing}/1`, { embed: { images: [{ image }] } }],
    [`${thing}/2`, { avatar: old }],
    ['app.bsky.graph.follow/3', { subject: 'did:plc:heron' }],
  ] as const
  await house.import(mover, carOfMover(mover, records as never).bytes)
  const { storeId } = await headOf(mover)
  const of = (table: 'record_blob' | 'backlink') =>
    house.db.selectFrom(table).select('path').where('store_id', '=', storeId).orderBy('path').execute()
  expect(await of('record_blob')).toEqual([{ path: `${thing}/1` }, { path: `${thing}/2` }])
  expect(await of('backlink')).toEqual([{ path: 'app.bsky.graph.follow/3' }])
  expect(await countRepo(house.db, mover.id)).toMatchObject({ blobs: 2 })
  const blob = house.db.selectFrom('blob').select(['state', 'orphan_since']).where('actor_id', '=', mover.id)
  expect(await blob.execute()).toEqual([{ state: 1, orphan_since: null }])
})

test('changes since an earlier import bring the repo up to date', async () => {
  const [mover, old] = [await house.mover(), await house.actor()]
  const engine = house.engine()
  const writes = [...Array(200).keys()].flatMap((n) => create(`k-${n}`))
  const { commit } = await engine.apply({ actor: old, writes })
  const asMover = { ...old, id: mover.id }
  house.signedBy(old)
  await house.import(asMover as Mover, await exported(old as Mover))
  await engine.apply({ actor: old, writes: create('new') })
  const changes = await exported(old as Mover, commit?.rev)
  expect(changes.length).toBeLessThan((await exported(old as Mover)).length)
  await house.import(asMover as Mover, changes)
  const [here, there] = [await headOf(mover), await headOf(old as Mover)]
  expect(digestsEqual(here.data, there.data)).toBe(true)
  expect(here.rev > there.rev).toBe(true)
  expect(await pathsOf(mover)).toContain(`${thing}/new`)
})

test('changes are all that is new in them, nodes and records alike', async () => {
  const mover = await house.mover()
  const [before, after] = [carOfMover(mover, manyRecords(400)), carOfMover(mover, manyRecords(401))]
  await house.import(mover, before.bytes)
  const [known, all] = [await readCarWithRoot(before.bytes), await readCarWithRoot(after.bytes)]
  const fresh = [...all.blocks.entries()].filter(({ cid }) => !known.blocks.has(cid))
  expect(fresh.length).toBeLessThan(12)
  const blocks = fresh.map(({ bytes }) => block(bytes))
  await house.import(mover, carOf([after.root], blocks))
  expect(digestsEqual((await headOf(mover)).data, after.data)).toBe(true)
  expect(await isWhole(mover)).toBe(401)
})

test('changes that do not apply to the repo here are refused', async () => {
  const [mover, old] = [await house.mover(), await house.actor()]
  const engine = house.engine()
  const { commit } = await engine.apply({ actor: old, writes: create('one') })
  await engine.apply({ actor: old, writes: create('two') })
  house.signedBy(old)
  const changes = await exported(old as Mover, commit?.rev)
  await expect(house.import({ ...old, id: mover.id } as Mover, changes)).rejects.toThrow('is missing')
  expect(await pathsOf(mover)).toEqual([])
})

test('what a moderator took down stays down', async () => {
  const mover = await house.mover()
  await house.import(mover, carOfMover(mover, manyRecords(10)).bytes)
  const [path = ''] = await pathsOf(mover)
  const down = { actorId: mover.id, path, applied: true }
  await inTransaction(house.db, { name: 'take down' }, (tx) => setRecordTakedown(tx, down))
  await house.import(mover, carOfMover(mover, manyRecords(12)).bytes)
  const { storeId } = await headOf(mover)
  const hidden = house.db.selectFrom('record').select('path').where('store_id', '=', storeId)
  expect(await hidden.where('takedown', '=', 1).execute()).toEqual([{ path }])
})

test('a repo that is written to meanwhile stays as it was written', async () => {
  const mover = await house.mover({ writable: true })
  const car = carOfMover(mover, manyRecords(50))
  const fill = house.deps.vault.signer
  const vault = {
    signer: async (id: Mover['id']) => {
      const signer = await fill(id)
      // After the import has looked at the repo, and before it flips.
      if (id === mover.id) await house.engine().apply({ actor: mover, writes: create('meanwhile') })
      return signer
    },
  }
  await expect(house.import(mover, car.bytes, { deps: { vault } })).rejects.toThrow('written to while')
  expect(await pathsOf(mover)).toEqual([`${thing}/meanwhile`])
  expect(await isWhole(mover)).toBe(1)
})

test('of two imports at once the later one counts, and the other one is told', async () => {
  const mover = await house.mover()
  const [first, second] = [carOfMover(mover, manyRecords(5)), carOfMover(mover, manyRecords(7))]
  const began = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const slowly = (async function* () {
    yield first.bytes.subarray(0, 500)
    began.resolve()
    await goOn.promise
    yield first.bytes.subarray(500)
  })()
  const early = house.import(mover, slowly)
  await began.promise
  await house.import(mover, second.bytes)
  goOn.resolve()
  await expect(early).rejects.toThrow('taken its place')
  expect((await pathsOf(mover)).length).toBe(7)
  expect(await stagedRows()).toBe(0)
})

test('a client that goes away in the middle leaves nothing', async () => {
  const mover = await house.mover()
  const { bytes } = carOfMover(mover, manyRecords(100))
  const cut = (async function* () {
    yield* inChunks(bytes.subarray(0, bytes.length / 2))
    throw new Error('gone')
  })()
  await expect(house.import(mover, cut)).rejects.toThrow('gone')
  expect([await stagedRows(), await pathsOf(mover)]).toEqual([0, []])
})

test('who may bring what nobody can check is told of, in the transaction of the import', async () => {
  const mover = await house.mover()
  const car = carOfMover({ ...mover, sign: () => new Uint8Array(64) }, manyRecords(3))
  await house.import(mover, car.bytes, { unverifiedFrom: '192.0.2.1' })
  expect(house.unverified).toMatchObject([{ actor: { did: mover.did }, unverifiedFrom: '192.0.2.1' }])
  expect(await isWhole(mover)).toBe(3)
})

async function stagedRows(): Promise<number> {
  const { rows } = await sql<{ n: bigint }>`
    SELECT (SELECT count(*) FROM import_block) + (SELECT count(*) FROM repo_import) AS n`.execute(house.db)
  return Number(rows[0]?.n)
}
