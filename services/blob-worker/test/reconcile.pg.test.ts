import { randomBytes } from 'node:crypto'
import { collectBlobs } from '@heronry/blobs/collect-blobs'
import { strayAgeMs } from '@heronry/blobs/limits'
import { newObjectKey } from '@heronry/blobs/object-key'
import { nightly, reconcileBlobs } from '@heronry/blobs/reconcile-blobs'
import type { ReconcileOptions } from '@heronry/blobs/reconcile-run'
import { verifyBlobs } from '@heronry/blobs/verify-blobs'
import type { ActorId } from '@heronry/core/ids'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CareHouse, careHouse, here, there } from './care-house.ts'

let house: CareHouse
beforeAll(async () => {
  house = await careHouse()
})
beforeEach(() => house.clear())
afterAll(() => house[Symbol.asyncDispose]())

const reconcile = (options: Partial<ReconcileOptions> = {}, deps: Partial<CareHouse['care']> = {}) =>
  reconcileBlobs({ ...house.care, ...deps }, { ...nightly, ...options }, AbortSignal.timeout(10_000))

test('an object that no row holds is taken away two days after it was stored, not before; what a row holds stays', async () => {
  const actor = await house.member(here)
  await house.upload(actor)
  const [young, old] = [await put(actor.id), await put(999n as ActorId)]
  const { held } = await house.inventory()
  await house.age(held, 2 * strayAgeMs)
  await house.age([old], strayAgeMs + 60_000)
  await house.age([young], strayAgeMs - 60_000)
  expect(await reconcile({ isDry: true })).toMatchObject({ objects: 3, strays: 1, blobs: 1, missing: 0 })
  expect((await house.inventory()).stored).toHaveLength(3)
  expect(await reconcile()).toMatchObject({ objects: 3, strays: 1, blobs: 1, missing: 0 })
  const after = await house.inventory()
  expect(after.stored).not.toContain(old)
  expect(after.stored).toContain(young)
  expect(after).toMatchObject({ strays: 0, held })
})

test('a row without its object is marked and told of once, never deleted; when the object is back the mark goes', async () => {
  const [actor, other] = [await house.member(here), await house.member(there)]
  const cid = await house.upload(actor)
  await house.create(actor, { rkey: 'one', blob: cid })
  await house.upload(other)
  const at = { actorId: actor.id, cid }
  const key = (await house.row(at))?.object_key ?? ''
  await house.objects.move(key, 'away')
  expect(await reconcile({ isDry: true })).toMatchObject({ blobs: 2, missing: 1 })
  expect(await house.row(at)).toMatchObject({ missing_since: null })
  house.lines.length = 0
  for (let night = 0; night < 2; night++) expect(await reconcile()).toMatchObject({ missing: 1 })
  expect(await house.row(at)).toMatchObject({ state: 1, missing_since: expect.any(Date) })
  expect(house.lines.filter((line) => line.includes('has no object'))).toHaveLength(1)
  await house.objects.move('away', key)
  expect(await reconcile()).toMatchObject({ missing: 0 })
  expect(await house.row(at)).toMatchObject({ missing_since: null })
})

test('the bytes of a lost object, uploaded again, are what its row holds from then on', async () => {
  const actor = await house.member(here)
  const bytes = randomBytes(20)
  const cid = await house.upload(actor, bytes)
  await house.create(actor, { rkey: 'one', blob: cid })
  await house.objects.deleteMany((await house.inventory()).held)
  await reconcile()
  await house.upload(actor, bytes)
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({ state: 1, missing_since: null })
  const { held, stored, strays } = await house.inventory()
  expect({ stored, strays }).toEqual({ stored: held, strays: 0 })
})

test('an object of another size than its row says is as good as none', async () => {
  const actor = await house.member(here)
  const cid = await house.upload(actor)
  await house.db.updateTable('blob').set({ size: 7n }).execute()
  expect(await reconcile()).toMatchObject({ missing: 1 })
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({ missing_since: expect.any(Date) })
})

test('an object that was moved and whose row does not say so is moved again, not taken away', async () => {
  const actor = await house.member(here)
  const cid = await house.upload(actor)
  const key = (await house.row({ actorId: actor.id, cid }))?.object_key ?? ''
  const moved = key.replace(/^b/, 'q')
  await house.objects.move(key, moved)
  await house.age([moved], 2 * strayAgeMs)
  expect(await reconcile()).toMatchObject({ strays: 0, missing: 0 })
  await house.work()
  expect(await house.inventory()).toEqual({ held: [key], stored: [key], strays: 0 })
})

test('more strays than a night may take are only told of, and taken by who says so; what is not ours is never taken', async () => {
  const keys = [await put(1n as ActorId), await put(1n as ActorId), await put(2n as ActorId)]
  await house.objects.put('b/somebody-elses', once(), { mime: 'a/b' })
  await house.age([...keys, 'b/somebody-elses'], 2 * strayAgeMs)
  expect(await reconcile({ straysMax: 3 })).toMatchObject({ strays: 4 })
  expect((await house.inventory()).stored).toHaveLength(4)
  expect(await reconcile({ straysMax: 4 })).toMatchObject({ strays: 4 })
  expect((await house.inventory()).stored).toEqual(['b/somebody-elses'])
})

test('an upload under way, and what waits to be deleted, are no strays', async () => {
  const key = await put(1n as ActorId)
  await house.db.insertInto('blob_stray').values({ object_key: key, doomed: false }).execute()
  await house.age([key], 2 * strayAgeMs)
  expect(await reconcile()).toMatchObject({ objects: 1, strays: 0 })
  expect((await house.inventory()).stored).toEqual([key])
})

test('a comparison that is broken off goes on where it was, and its sums are those of one that was not', async () => {
  for (let n = 0; n < 3; n++) await house.upload(await house.member(here))
  const gone = (await house.inventory()).stored[0] as string
  await house.objects.deleteMany([gone])
  let listings = 0
  const breaking = {
    ...house.objects,
    list(...asked: Parameters<typeof house.objects.list>) {
      if (++listings > 3) throw new Error('killed')
      return house.objects.list(...asked)
    },
  }
  await expect(reconcile({}, { objects: breaking })).rejects.toThrow('killed')
  const open = await house.db.selectFrom('blob_reconcile').select(['id', 'step', 'objects']).execute()
  expect(open).toMatchObject([{ step: 'rows', objects: 2n }])
  expect(await reconcile()).toMatchObject({ id: open[0]?.id, objects: 2, blobs: 3, missing: 1 })
  expect(await reconcile()).not.toMatchObject({ id: open[0]?.id })
})

test('a comparison during uploads and collections never marks or takes what is whole', async () => {
  const actors = await Promise.all([here, there, here].map((community) => house.member(community)))
  const busy = async () => {
    for (let n = 0; n < 12; n++) {
      await Promise.all(actors.map((actor) => house.upload(actor)))
      if (n % 3 === 0) await house.timePasses(7 * 3_600_000)
      await collectBlobs(house.care, AbortSignal.timeout(5000))
    }
  }
  let runs = 0
  const working = busy().finally(() => {
    runs = -1000
  })
  while (runs++ >= 0) expect(await reconcile()).toMatchObject({ missing: 0, strays: 0 })
  await working
  const { held, stored } = await house.inventory()
  expect(stored.toSorted()).toEqual(held)
})

test('verifying reads what is stored: whole, altered or missing', async () => {
  const [actor, other] = [await house.member(here), await house.member(there)]
  const cids = [await house.upload(actor), await house.upload(actor), await house.upload(actor)]
  await house.upload(other)
  const keyOf = async (n: number) =>
    (await house.row({ actorId: actor.id, cid: cids[n] as never }))?.object_key ?? ''
  await house.objects.deleteMany([await keyOf(0)])
  await house.objects.put('other', once(), { mime: 'a/b' })
  await house.objects.move('other', await keyOf(1))
  const verdicts = new Map<string, string>()
  for await (const { cid, verdict } of verifyBlobs(house.care, actor.id)) {
    verdicts.set(Buffer.from(cid).toString('hex'), verdict)
  }
  expect(cids.map((cid) => verdicts.get(Buffer.from(cid).toString('hex')))).toEqual([
    'missing',
    'altered',
    'whole',
  ])
  let all = 0
  for await (const _ of verifyBlobs(house.care)) all += 1
  expect(all).toBe(4)
})

async function put(actorId: ActorId): Promise<string> {
  const key = newObjectKey(actorId)
  await house.objects.put(key, once(), { mime: 'a/b' })
  return key
}

async function* once() {
  yield randomBytes(9)
}
