import { randomBytes } from 'node:crypto'
import type { Digest } from '@heronry/core/cid'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BlobObjects } from '../src/blob-objects.ts'
import { accountUsage, type BlobQuota, communityUsage } from '../src/blob-quota.ts'
import { addBlocks, wholeHouse } from '../src/block-list.ts'
import { uploadBlob } from '../src/upload-blob.ts'
import { disk } from './stores.ts'

const [herons, storks] = [1 as CommunityId, 2 as CommunityId]
let opened: AsyncDisposableStack
let db: Database
let api: Database
let worker: Database
let objects: BlobObjects
let lastActor = 0n

beforeAll(async () => {
  opened = new AsyncDisposableStack()
  const database = opened.use(await testDatabase())
  objects = opened.use(await disk.open()).objects
  db = database.db
  api = database.as('heronry_api')
  worker = database.as('heronry_blob_worker')
})
afterAll(() => opened.disposeAsync())

async function someone(communityId: CommunityId = herons) {
  const actorId = ++lastActor as ActorId
  await sql`INSERT INTO actor (id, community_id, did, handle)
    OVERRIDING SYSTEM VALUE VALUES (${actorId}, ${communityId}, ${`did:plc:${actorId}`}, ${`a${actorId}.test`})`.execute(
    db,
  )
  const upload = (bytes: Uint8Array, quota: BlobQuota = {}) =>
    uploadBlob(
      { db: api, objects },
      {
        owner: { actorId, communityId, quota },
        body: once(bytes),
        declaredMime: 'text/plain',
        bytesMax: 1_000_000,
      },
    )
  const usage = () => accountUsage(db, actorId)
  return { actorId, upload, usage }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

async function expectNoStrays(): Promise<void> {
  expect(await db.selectFrom('blob_stray').selectAll().execute()).toEqual([])
}

describe('an account', () => {
  test('is charged once for the same bytes, however often and from how many requests they come', async () => {
    const { upload, usage } = await someone()
    const bytes = randomBytes(500)
    await Promise.all([upload(bytes), upload(bytes), upload(bytes)])
    await upload(bytes)
    expect(await usage()).toEqual({ bytes: 500, blobs: 1 })
    await upload(randomBytes(20))
    await upload(new Uint8Array())
    expect(await usage()).toEqual({ bytes: 520, blobs: 3 })
    await expectNoStrays()
  })

  test('may have as much as its quota and not one byte more; what is refused leaves nothing', async () => {
    const { upload, usage } = await someone()
    const quota = { accountBytesMax: 1000 }
    const first = randomBytes(600)
    await upload(first, quota)
    await expect(upload(randomBytes(401), quota)).rejects.toMatchObject({ code: 'BlobQuotaExceeded' })
    expect(await usage()).toEqual({ bytes: 600, blobs: 1 })
    await expectNoStrays()
    await upload(randomBytes(400), quota)
    await upload(first, quota)
    expect(await usage()).toEqual({ bytes: 1000, blobs: 2 })
  })

  test('has the last room for one of many uploads at once', async () => {
    const { upload, usage } = await someone()
    const quota = { accountBytesMax: 1000 }
    const uploads = Array.from({ length: 8 }, () => upload(randomBytes(300), quota))
    const outcomes = await Promise.allSettled(uploads)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(await usage()).toEqual({ bytes: 900, blobs: 3 })
    await expectNoStrays()
  })

  test('gets back the room of what is collected, and is forgotten with the last of it', async () => {
    const { actorId, upload, usage } = await someone()
    const { cid } = await upload(randomBytes(10))
    await upload(randomBytes(20))
    const before = await communityUsage(db, herons)
    await remove(actorId, cid)
    expect(await usage()).toEqual({ bytes: 20, blobs: 1 })
    expect(await communityUsage(db, herons)).toEqual({ bytes: before.bytes - 10, blobs: before.blobs - 1 })
    await worker.deleteFrom('blob').where('actor_id', '=', actorId).execute()
    expect(
      await db.selectFrom('blob_usage').where('actor_id', '=', actorId).select('bytes').execute(),
    ).toEqual([])
  })
})

describe('a community', () => {
  test('has a quota of its own over all its accounts, and nothing of a neighbour’s', async () => {
    const [heron, other, stork] = [await someone(), await someone(), await someone(storks)]
    const { bytes } = await communityUsage(db, herons)
    const quota = { communityBytesMax: bytes + 100 }
    await stork.upload(randomBytes(10_000))
    await heron.upload(randomBytes(60), quota)
    await expect(other.upload(randomBytes(41), quota)).rejects.toMatchObject({ code: 'BlobQuotaExceeded' })
    await other.upload(randomBytes(40), quota)
    expect((await communityUsage(db, herons)).bytes).toBe(bytes + 100)
    expect(await communityUsage(db, storks)).toEqual({ bytes: 10_000, blobs: 1 })
    await expectNoStrays()
  })
})

test('the counters are the sums of what is there, after uploads and deletions of many accounts at once', async () => {
  const members = await Promise.all(
    Array.from({ length: 6 }, (_, at) => someone(at % 2 === 0 ? herons : storks)),
  )
  const churn = members.map(async ({ actorId, upload }) => {
    for (let round = 0; round < 4; round++) {
      const { cid } = await upload(randomBytes(100 + round))
      if (round % 2 === 0) await remove(actorId, cid)
    }
  })
  const sweeps = members.map(() =>
    sql`DELETE FROM blob USING (SELECT actor_id, cid FROM blob ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED) few
      WHERE blob.actor_id = few.actor_id AND blob.cid = few.cid`.execute(worker),
  )
  await Promise.all([...churn, ...sweeps])
  const { rows } = await sql`
    SELECT coalesce(u.bytes, 0) - coalesce(s.bytes, 0) AS bytes, coalesce(u.blobs, 0) - coalesce(s.blobs, 0) AS blobs
    FROM blob_usage u FULL JOIN (SELECT actor_id, sum(size) AS bytes, count(*) AS blobs FROM blob GROUP BY actor_id) s USING (actor_id)
    WHERE u.bytes IS DISTINCT FROM s.bytes OR u.blobs IS DISTINCT FROM s.blobs
    UNION ALL SELECT u.bytes - sum(a.bytes), u.blobs - sum(a.blobs)
    FROM blob_usage_community u LEFT JOIN blob_usage a USING (community_id) GROUP BY u.community_id
    HAVING u.bytes <> coalesce(sum(a.bytes), 0) OR u.blobs <> coalesce(sum(a.blobs), 0)`.execute(db)
  expect(rows).toEqual([])
})

test('bytes that are blocked in the house or the community are not stored', async () => {
  const [heron, stork] = [await someone(), await someone(storks)]
  const [everywhere, here] = [Buffer.from('blocked everywhere'), Buffer.from('blocked among herons')]
  const digest = async (bytes: Uint8Array) =>
    new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))) as Digest
  await db.transaction().execute(async (tx) => {
    await addBlocks(tx, { list: wholeHouse, entries: [{ digest: await digest(everywhere), note: null }] })
    await addBlocks(tx, { list: herons, entries: [{ digest: await digest(here), note: null }] })
  })
  for (const refused of [
    () => heron.upload(everywhere),
    () => stork.upload(everywhere),
    () => heron.upload(here),
  ]) {
    await expect(refused()).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: 'This blob may not be stored here',
    })
  }
  expect(await stork.upload(here)).toMatchObject({ size: 20 })
  await expectNoStrays()
})

async function remove(actorId: ActorId, cid: Digest): Promise<void> {
  await worker.deleteFrom('blob').where('actor_id', '=', actorId).where('cid', '=', cid).execute()
}
