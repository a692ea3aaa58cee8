import { randomBytes } from 'node:crypto'
import { setBlobTakedown } from '@heronry/blobs/blob-takedown'
import { collectBlobs, countCollectable } from '@heronry/blobs/collect-blobs'
import { liftHold, listHolds, placeHold } from '@heronry/blobs/legal-hold'
import { dereferencedGraceMs, temporaryGraceMs } from '@heronry/blobs/limits'
import type { Digest } from '@heronry/core/cid'
import { inTransaction } from '@heronry/db/in-transaction'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CareHouse, careHouse, here, type Member, there } from './care-house.ts'

let house: CareHouse
beforeAll(async () => {
  house = await careHouse()
})
beforeEach(() => house.clear())
afterAll(() => house[Symbol.asyncDispose]())

const collect = () => collectBlobs(house.care, AbortSignal.timeout(5000))

test('an upload that no record names is collected after six hours, and not a minute before', async () => {
  await house.upload(await house.member(here))
  await house.timePasses(temporaryGraceMs - 60_000)
  await collect()
  expect((await house.inventory()).stored).toHaveLength(1)
  await house.timePasses(60_000)
  expect(await countCollectable(house.care.db)).toEqual({ blobs: 1, strays: 0 })
  await collect()
  expect(await house.inventory()).toEqual({ held: [], stored: [], strays: 0 })
})

test('a blob whose last record is gone is collected after an hour; a young one has the rest of its six', async () => {
  const actor = await house.member(here)
  const old = await house.upload(actor)
  await house.create(actor, { rkey: 'old', blob: old })
  await house.timePasses(temporaryGraceMs)
  const young = await house.upload(actor)
  await house.create(actor, { rkey: 'young', blob: young })
  for (const rkey of ['old', 'young']) await house.remove(actor, rkey)
  await house.timePasses(dereferencedGraceMs - 60_000)
  await collect()
  expect((await house.inventory()).stored).toHaveLength(2)
  await house.timePasses(60_000)
  await collect()
  expect(await house.row({ actorId: actor.id, cid: old })).toBeUndefined()
  expect(await house.row({ actorId: actor.id, cid: young })).toBeDefined()
})

test('a blob that is marked as if nobody named it, while a record does, is kept, marked right, and told of', async () => {
  const actor = await house.member(here)
  const cid = await house.upload(actor)
  await house.create(actor, { rkey: 'one', blob: cid })
  await house.db
    .updateTable('blob')
    .set({ state: 0, orphan_since: new Date(0), uploaded_at: new Date(0) })
    .execute()
  await collect()
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({ state: 1 })
  expect((await house.inventory()).stored).toHaveLength(1)
  expect(house.lines.filter((line) => line.includes('as if nobody did'))).toHaveLength(1)
  expect(await house.metrics.text()).toContain('pds_blob_care_total{what="kept"} 1')
})

test('uploaded, named and collected at once, a blob is whole or gone, and a record names none that is gone', async () => {
  const actor = await house.member(here)
  const outcomes = { named: 0, refused: 0 }
  for (let round = 0; round < 25; round++) {
    const bytes = randomBytes(20)
    const cid = await house.upload(actor, bytes)
    await house.timePasses(temporaryGraceMs)
    const rkey = `r${round}`
    const act = {
      upload: () => house.upload(actor, bytes),
      name: () => house.create(actor, { rkey, blob: cid }),
      collect,
    }
    const order = (['collect', 'name', 'upload', 'collect'] as const).toSorted(() => Math.random() - 0.5)
    const [named] = await Promise.all([
      Promise.allSettled(order.filter((it) => it === 'name').map((it) => act[it]())),
      ...order.filter((it) => it !== 'name').map((it) => act[it]()),
    ])
    const isNamed = named[0]?.status === 'fulfilled'
    outcomes[isNamed ? 'named' : 'refused']++
    const row = await house.row({ actorId: actor.id, cid })
    if (isNamed) expect(row).toMatchObject({ state: 1 })
  }
  await collect()
  const { held, stored, strays } = await house.inventory()
  expect(stored.toSorted()).toEqual(held)
  expect(strays).toBe(0)
  expect(outcomes.named + outcomes.refused).toBe(25)
  expect(outcomes.named).toBeGreaterThan(0)
})

test('a hold of an account, or of one blob, keeps what it names until it is lifted, also when the account is gone', async () => {
  const [held, other] = [await house.member(here), await house.member(there)]
  const [one, two] = [await house.upload(other), await house.upload(other)]
  await house.upload(held)
  const all = await place(held)
  const single = await place(other, one)
  expect([all.blobs, single.blobs]).toEqual([1, 1])
  for (const actor of [held, other]) await house.deleteAccount(actor)
  await house.work()
  await collect()
  expect(await house.row({ actorId: other.id, cid: one })).toBeDefined()
  expect(await house.row({ actorId: other.id, cid: two })).toBeUndefined()
  expect((await house.inventory()).stored).toHaveLength(2)
  expect(await lift(there, all.id)).toBeUndefined()
  expect(await lift(here, all.id)).toMatchObject({ did: held.did, reason: 'case 7' })
  expect(await lift(there, single.id)).toMatchObject({ did: other.did, cid: Buffer.from(one) })
  await collect()
  expect(await house.inventory()).toEqual({ held: [], stored: [], strays: 0 })
})

test('there is one hold of a subject, and each community sees its own', async () => {
  const [mine, theirs] = [await house.member(here), await house.member(there)]
  await place(mine)
  await place(theirs)
  await expect(place(mine)).rejects.toMatchObject({ code: 'AlreadyExists' })
  const listed = await listHolds(house.entryway, { communityId: here, after: 0n, limit: 10 })
  expect(listed.map(({ did }) => did)).toEqual([mine.did])
})

test('what a hold says it keeps is kept, also when the collection runs at the same moment', async () => {
  for (let round = 0; round < 12; round++) {
    const actor = await house.member(here)
    for (let n = 0; n < 5; n++) await house.upload(actor)
    await house.timePasses(temporaryGraceMs)
    const [{ blobs }] = await Promise.all([place(actor), collect(), collect()])
    const rows = await house.db.selectFrom('blob').select('cid').where('actor_id', '=', actor.id).execute()
    expect(rows).toHaveLength(blobs)
  }
})

test('of a deleted account every object goes: what was taken down, what was half moved, and what an upload left behind', async () => {
  const [gone, neighbour] = [await house.member(here), await house.member(there)]
  const [named, down, half] = [await house.upload(gone), await house.upload(gone), await house.upload(gone)]
  const kept = await house.upload(neighbour)
  await house.create(gone, { rkey: 'one', blob: named })
  await takeDown(gone, down)
  await house.work()
  await takeDown(gone, half)
  const { object_key } = (await house.row({ actorId: gone.id, cid: half })) ?? { object_key: '' }
  await house.objects.move(object_key, object_key.replace(/^b/, 'q'))
  await house.deleteAccount(gone)
  // The move's job may come before the deletion's or behind it.
  await house.work()
  await collect()
  const { object_key: theirs } = (await house.row({ actorId: neighbour.id, cid: kept })) ?? {}
  expect(await house.inventory()).toEqual({ held: [theirs], stored: [theirs], strays: 0 })
})

function place({ communityId, id: actorId, did }: Member, cid?: Digest) {
  return inTransaction(house.entryway, { name: 'hold' }, (tx) =>
    placeHold(tx, { communityId, actorId, did, cid, reason: 'case 7' }),
  )
}

function lift(communityId: Member['communityId'], id: bigint) {
  return inTransaction(house.entryway, { name: 'lift' }, (tx) => liftHold(tx, { communityId, id }))
}

function takeDown({ id: actorId }: Member, cid: Digest) {
  return inTransaction(house.entryway, { name: 'take down' }, (tx) =>
    setBlobTakedown(tx, { actorId, cid, ref: 'case 7' }),
  )
}
