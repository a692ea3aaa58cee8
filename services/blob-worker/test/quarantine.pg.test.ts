import { blockDigests } from '@heronry/blobs/apply-blocks'
import { setBlobTakedown } from '@heronry/blobs/blob-takedown'
import { isBlockedDigest, listBlocks, removeBlocks, wholeHouse } from '@heronry/blobs/block-list'
import { findBlob } from '@heronry/blobs/find-blob'
import { searchRowsMax } from '@heronry/blobs/limits'
import { newObjectKey } from '@heronry/blobs/object-key'
import { type Digest, sha256 } from '@heronry/core/cid'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CareHouse, careHouse, here, type Member, there } from './care-house.ts'

let house: CareHouse
beforeAll(async () => {
  house = await careHouse()
})
beforeEach(() => house.clear())
afterAll(() => house[Symbol.asyncDispose]())

test('a blob that is taken down is out of reach at once, then its object is moved away; given back, both come back', async () => {
  const actor = await house.member(here)
  const cid = await shown(actor)
  const at = { actorId: actor.id, cid }
  const before = await house.row(at)
  await takeDown(actor, cid, 'case 7')
  await expect(findBlob(house.db, at)).rejects.toMatchObject({ code: 'BlobNotFound' })
  expect((await house.inventory()).stored).toEqual([before?.object_key])
  await house.work()
  const moved = before?.object_key.replace(/^b/, 'q')
  expect(await house.inventory()).toEqual({ held: [moved], stored: [moved], strays: 0 })
  await expect(house.upload(actor, bytes)).rejects.toThrow('takendown')
  await expect(house.create(actor, { rkey: 'again', blob: cid })).rejects.toMatchObject({
    code: 'BlobNotFound',
  })
  await takeDown(actor, cid, null)
  await house.work()
  expect(await house.row(at)).toEqual(before)
  expect((await house.inventory()).stored).toEqual([before?.object_key])
  expect(await findBlob(house.db, at)).toMatchObject({ objectKey: before?.object_key })
  for (const what of ['quarantined', 'restored']) {
    expect(await house.metrics.text()).toContain(`pds_blob_care_total{what="${what}"} 1`)
  }
})

test('taken down and given back again and again while its object moves, a blob ends where the last word put it', async () => {
  const actor = await house.member(here)
  const cid = await shown(actor)
  for (const last of ['case 7', null]) {
    const change = async () => {
      for (let n = 0; n < 8; n++) await takeDown(actor, cid, n % 2 === 0 ? 'case 7' : null)
      await takeDown(actor, cid, last)
    }
    await Promise.all([change(), house.work()])
    await house.work()
    const { held, stored } = await house.inventory()
    expect(stored).toEqual(held)
    expect(held[0]?.[0]).toBe(last === null ? 'b' : 'q')
  }
})

test('a blob without an object is taken down all the same, and that is told', async () => {
  const actor = await house.member(here)
  const cid = await shown(actor)
  await house.objects.deleteMany((await house.inventory()).stored)
  await takeDown(actor, cid, 'case 7')
  await house.work()
  expect(await house.row({ actorId: actor.id, cid })).toMatchObject({ takedown_ref: 'case 7' })
  expect(house.lines.filter((line) => line.includes('has no object'))).toHaveLength(1)
})

test('a digest on a community’s list is refused there alone, one on the house’s everywhere', async () => {
  const [own, all] = [sha256(Buffer.from('own')), sha256(Buffer.from('all'))]
  expect(await block(here, own)).toBe(1)
  expect(await block(here, own)).toBe(0)
  expect(await block(wholeHouse, all)).toBe(1)
  const asked = [here, there].flatMap((communityId) => [own, all].map((digest) => ({ communityId, digest })))
  const answers = await Promise.all(asked.map((it) => isBlockedDigest(house.db, it)))
  expect(answers).toEqual([true, true, false, true])
  expect(await listBlocks(house.entryway, { list: here, limit: 10 })).toMatchObject([
    { digest: own, note: 'why' },
  ])
  await inTransaction(house.entryway, { name: 'x' }, (tx) =>
    removeBlocks(tx, { list: here, digests: [own, all] }),
  )
  expect(await isBlockedDigest(house.db, { communityId: here, digest: own })).toBe(false)
  expect(await isBlockedDigest(house.db, { communityId: here, digest: all })).toBe(true)
})

test('what is stored of a digest when it is blocked is taken down and moved away, of the list’s community alone', async () => {
  const [mine, theirs] = [await house.member(here), await house.member(there)]
  const cid = await shown(mine)
  await shown(theirs)
  await house.upload(mine)
  await block(here, cid)
  await house.work()
  expect(await house.row({ actorId: mine.id, cid })).toMatchObject({ takedown_ref: 'block-list' })
  expect(await house.row({ actorId: theirs.id, cid })).toMatchObject({ takedown_ref: null })
  await block(wholeHouse, cid)
  await house.work()
  expect(await house.row({ actorId: theirs.id, cid })).toMatchObject({ takedown_ref: 'block-list' })
  const { held, stored } = await house.inventory()
  expect(stored.toSorted()).toEqual(held)
  expect(held.filter((key) => key.startsWith('q/'))).toHaveLength(2)
})

test('a search for a blocked digest finds it on every page of blobs', async () => {
  const actor = await house.member(here)
  const digests = [0, 1].map((n) => sha256(Buffer.from(`last of page ${n}`)))
  await sql`INSERT INTO blob (actor_id, cid, object_key, mime, size)
    SELECT ${actor.id}, sha256(n::text::bytea), ${newObjectKey(actor.id)} || n, 'a/b', 1
    FROM generate_series(1, ${searchRowsMax}) n`.execute(house.db)
  for (const [n, cid] of digests.entries()) {
    const row = { actor_id: actor.id, cid, object_key: `k${n}`, mime: 'a/b', size: 1n }
    await house.db.insertInto('blob').values(row).execute()
  }
  await inTransaction(house.entryway, { name: 'block' }, (tx) =>
    blockDigests(tx, { list: here, entries: digests.map((digest) => ({ digest, note: null })) }),
  )
  await house.work()
  const down = await house.db.selectFrom('blob').select('cid').where('takedown_ref', 'is not', null).execute()
  expect(down).toHaveLength(2)
})

const bytes = Buffer.from('a heron')

async function shown(actor: Member): Promise<Digest> {
  const cid = await house.upload(actor, bytes)
  await house.create(actor, { rkey: `r${actor.id}`, blob: cid })
  return cid
}

function takeDown({ id: actorId }: Member, cid: Digest, ref: string | null) {
  return inTransaction(house.entryway, { name: 'take down' }, (tx) =>
    setBlobTakedown(tx, { actorId, cid, ref }),
  )
}

function block(list: number, digest: Digest): Promise<number> {
  return inTransaction(house.entryway, { name: 'block' }, (tx) =>
    blockDigests(tx, { list, entries: [{ digest, note: 'why' }] }),
  )
}
