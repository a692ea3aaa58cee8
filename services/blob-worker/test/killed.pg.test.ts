import { randomBytes } from 'node:crypto'
import { nameOf } from '@heronry/blobs/blob-jobs'
import { setBlobTakedown } from '@heronry/blobs/blob-takedown'
import { collectBlobs } from '@heronry/blobs/collect-blobs'
import { strayAgeMs, temporaryGraceMs, uploadGraceMs } from '@heronry/blobs/limits'
import { newObjectKey } from '@heronry/blobs/object-key'
import { runPlaceBlob } from '@heronry/blobs/place-blob'
import { nightly, reconcileBlobs } from '@heronry/blobs/reconcile-blobs'
import { uploadBlob } from '@heronry/blobs/upload-blob'
import type { Digest } from '@heronry/core/cid'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CareHouse, careHouse, here, type Member } from './care-house.ts'
import { killedBehindEachStep } from './mortal.ts'

let house: CareHouse
let actor: Member
let named: Digest
beforeAll(async () => {
  house = await careHouse()
})
beforeEach(async () => {
  await house.clear()
  actor = await house.member(here)
  named = await house.upload(actor)
  await house.create(actor, { rkey: 'named', blob: named })
})
afterAll(() => house[Symbol.asyncDispose]())

const signal = () => AbortSignal.timeout(10_000)

test('an upload that is killed at any step leaves a whole blob or, in the end, nothing', async () => {
  const killed = await killedBehindEachStep(house, {
    role: 'heronry_api',
    act: ({ db, objects, body }) => {
      const owner = { actorId: actor.id, communityId: here, quota: {} }
      const pieces = [randomBytes(100_000), randomBytes(100_000)]
      const asked = { owner, body: body(pieces), declaredMime: 'image/png', bytesMax: 1_000_000 }
      return uploadBlob({ db, objects }, asked)
    },
    check: settled,
  })
  expect(killed).toBeGreaterThan(7)
  expect(await house.unfinished()).toEqual([])
})

test('an upload of what is there already, killed at any step, changes nothing in the end', async () => {
  const bytes = randomBytes(100)
  const cid = await house.upload(actor, bytes)
  await house.create(actor, { rkey: 'there', blob: cid })
  const before = await house.row({ actorId: actor.id, cid })
  const killed = await killedBehindEachStep(house, {
    role: 'heronry_api',
    act: ({ db, objects }) => house.upload(actor, bytes, { db, objects }),
    async check() {
      await settled()
      expect(await house.row({ actorId: actor.id, cid })).toEqual(before)
    },
  })
  expect(killed).toBeGreaterThan(7)
})

test('a record that names a blob, or the deletion of its last one, killed at any step, is done with its reference or not at all', async () => {
  let rounds = 0
  const killed = await killedBehindEachStep(house, {
    role: 'heronry_api',
    async act({ db }) {
      const rkey = `r${++rounds}`
      const blob = await house.upload(actor)
      await house.create(actor, { rkey, blob, db })
      await house.remove(actor, rkey, db)
    },
    check: settled,
  })
  expect(killed).toBeGreaterThan(1)
})

test('a collection that is killed at any step goes on with the next one', async () => {
  const killed = await killedBehindEachStep(house, {
    role: 'heronry_blob_worker',
    async act({ db, objects }) {
      for (let n = 0; n < 2; n++) await house.upload(actor)
      await house.timePasses(temporaryGraceMs)
      await collectBlobs({ ...house.care, db, objects }, signal())
    },
    check: settled,
  })
  expect(killed).toBeGreaterThan(7)
})

test.each(['case 7', null])(
  'a takedown (%s), killed at any step of its move, ends where it says',
  async (ref) => {
    const at = { actorId: actor.id, cid: named }
    const killed = await killedBehindEachStep(house, {
      role: 'heronry_blob_worker',
      async act({ db, objects }) {
        await place(ref === null ? 'case 7' : null)
        await house.work()
        await place(ref)
        const payload = nameOf(at)
        const run = { id: 1n, payload, attempt: 1, signal: signal(), complete: async () => {} }
        await runPlaceBlob({ ...house.care, db, objects }, run)
      },
      async check() {
        await house.db
          .updateTable('job_outbox')
          .set({ lease_until: null, run_at: new Date(0) })
          .execute()
        await house.work()
        const { held, stored } = await house.inventory()
        expect(stored).toEqual(held)
        expect(held[0]?.[0]).toBe(ref === null ? 'b' : 'q')
      },
    })
    expect(killed).toBeGreaterThan(4)
  },
)

test('a comparison of bucket and rows that is killed at any step is carried on by the next, and nothing that is named is lost', async () => {
  const killed = await killedBehindEachStep(house, {
    role: 'heronry_blob_worker',
    async act({ db, objects }) {
      const key = newObjectKey(actor.id)
      await house.objects.put(key, piece(), { mime: 'a/b' })
      await house.age([key], 2 * strayAgeMs)
      await reconcileBlobs({ ...house.care, db, objects }, nightly, signal())
    },
    check: settled,
  })
  expect(killed).toBeGreaterThan(10)
})

/** Days pass, with what the worker does in them: then rows and objects are the same, and what a record names is there. */
async function settled(): Promise<void> {
  await house.timePasses(Math.max(uploadGraceMs, temporaryGraceMs) + 60_000)
  const { stored } = await house.inventory()
  await house.age(stored, 2 * strayAgeMs)
  await reconcileBlobs(house.care, nightly, signal())
  await collectBlobs(house.care, signal())
  const after = await house.inventory()
  expect({ stored: after.stored.toSorted(), strays: after.strays }).toEqual({ stored: after.held, strays: 0 })
  const { rows } = await sql<{ state: number | null }>`
    SELECT b.state FROM record_blob o JOIN repo r USING (store_id)
    LEFT JOIN blob b ON b.actor_id = r.actor_id AND b.cid = o.cid WHERE r.actor_id = ${actor.id}`.execute(
    house.db,
  )
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.every(({ state }) => state === 1)).toBe(true)
}

function place(ref: string | null) {
  return inTransaction(house.entryway, { name: 'take down' }, (tx) =>
    setBlobTakedown(tx, { actorId: actor.id, cid: named, ref }),
  )
}

async function* piece() {
  yield randomBytes(9)
}
