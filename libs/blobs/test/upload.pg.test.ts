import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { type Digest, sha256 } from '@heronry/core/cid'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { assertReferences } from '../src/assert-references.ts'
import type { BlobObjects } from '../src/blob-objects.ts'
import type { CareDeps } from '../src/care-deps.ts'
import { collectBlobs } from '../src/collect-blobs.ts'
import { findBlob } from '../src/find-blob.ts'
import { temporaryGraceMs, uploadGraceMs } from '../src/limits.ts'
import { openBlob } from '../src/open-blob.ts'
import { type BlobUpload, uploadBlob } from '../src/upload-blob.ts'
import { carer } from './carer.ts'
import { disk, type StoreKind, s3rver } from './stores.ts'

// The same DID may be an actor of two communities: two actors.
const heron = 1n as ActorId
const other = 2n as ActorId
const owner = { actorId: heron, communityId: 1 as CommunityId, quota: {} }
const png = picture(500)

describe.each([disk, s3rver])('a blob on $name', (kind) => {
  test('is stored under its digest, its size and what its bytes say it is', async () => {
    await using house = await openHouse(kind)
    const blob = await house.upload({ body: once(png), declaredMime: 'image/jpeg' })
    expect(blob).toEqual({ cid: sha256(png), mime: 'image/png', size: png.length })
    await refer(house.db, blob.cid)
    const found = await findBlob(house.db, { actorId: heron, cid: blob.cid })
    expect(found).toMatchObject({ mime: 'image/png', size: png.length })
    expect((await buffer(await openBlob(house, { blob: found }))).equals(png)).toBe(true)
    const part = await openBlob(house, { blob: found, range: { start: 10, end: 19 } })
    expect((await buffer(part)).equals(png.subarray(10, 20))).toBe(true)
  })

  test('costs one object however often it is uploaded, also at once, and another one of another actor', async () => {
    await using house = await openHouse(kind)
    const uploads = Array.from({ length: 4 }, () => house.upload({ body: once(png) }))
    await Promise.all(uploads)
    await house.upload({ body: once(png) })
    expect(await house.counts()).toEqual({ blobs: 1, objects: 1, strays: 0 })
    await house.upload({ body: once(png), owner: { ...owner, actorId: other } })
    expect(await house.counts()).toEqual({ blobs: 2, objects: 2, strays: 0 })
  })

  test('may be as large as the limit, and leaves nothing at one byte more, early or late', async () => {
    await using house = await openHouse(kind)
    for (const size of [100, 200_000]) {
      await house.upload({ body: once(randomBytes(size)), bytesMax: size })
      const refused = house.upload({ body: once(randomBytes(size + 1)), bytesMax: size })
      await expect(refused).rejects.toMatchObject({ code: 'PayloadTooLarge' })
    }
    expect(await house.counts()).toEqual({ blobs: 2, objects: 2, strays: 0 })
  })

  test('leaves nothing when its client goes away, or falls silent', async () => {
    await using house = await openHouse(kind)
    const gone = house.upload({ body: endingIn(() => Promise.reject(new Error('aborted'))) })
    await expect(gone).rejects.toThrow('aborted')
    const silent = house.upload({ body: endingIn(() => new Promise(() => {})), timeoutMs: 200 })
    await expect(silent).rejects.toMatchObject({
      code: 'UpstreamTimeout',
      message: 'Operation timed out, please try again.',
    })
    const left = house.upload({
      body: endingIn(() => new Promise(() => {})),
      signal: AbortSignal.timeout(50),
    })
    await expect(left).rejects.toThrow('aborted')
    expect(await house.counts()).toEqual({ blobs: 0, objects: 0, strays: 0 })
  })
})

test.each([
  ['text/plain; charset=utf-8', 'text/plain; charset=utf-8'],
  ['*/*', 'application/octet-stream'],
  ['image/*', 'application/octet-stream'],
  [undefined, 'application/octet-stream'],
  ['no type', 'application/octet-stream'],
])('bytes that say nothing, declared as %j, are %s', async (declaredMime, mime) => {
  await using house = await openHouse(disk)
  expect(await house.upload({ body: once(Buffer.from('plain words')), declaredMime })).toMatchObject({ mime })
})

test('a type is told from the bytes where none is declared, also when they come one by one', async () => {
  await using house = await openHouse(disk)
  const body = (async function* () {
    for (const byte of png) yield Uint8Array.of(byte)
  })()
  expect(await house.upload({ body, declaredMime: '*/*' })).toMatchObject({ mime: 'image/png' })
})

test('a type is told also where a long colour profile comes first', async () => {
  await using house = await openHouse(disk)
  expect(await house.upload({ body: once(picture(40_000)) })).toMatchObject({ mime: 'image/png' })
})

test('an empty blob is a blob', async () => {
  await using house = await openHouse(disk)
  const blob = await house.upload({ body: once(Buffer.alloc(0)), declaredMime: 'text/plain' })
  expect(blob).toEqual({ cid: sha256(new Uint8Array()), mime: 'text/plain', size: 0 })
})

test('a blob that was taken down can neither be uploaded again nor read, and stays known', async () => {
  await using house = await openHouse(disk)
  const { cid } = await house.upload({ body: once(png) })
  await refer(house.db, cid)
  await house.db.updateTable('blob').set({ takedown_ref: 'case 7' }).execute()
  await expect(house.upload({ body: once(png) })).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: 'Blob has been takendown, cannot re-upload',
  })
  await expect(findBlob(house.db, { actorId: heron, cid })).rejects.toMatchObject({ code: 'BlobNotFound' })
  await release(house.db, cid)
  await timePasses(house.db, temporaryGraceMs)
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 1, objects: 1, strays: 0 })
})

test('a blob without a reference, and another actor’s, is not there for the world', async () => {
  await using house = await openHouse(disk)
  const { cid } = await house.upload({ body: once(png) })
  await expect(findBlob(house.db, { actorId: heron, cid })).rejects.toMatchObject({ code: 'BlobNotFound' })
  await refer(house.db, cid)
  await expect(findBlob(house.db, { actorId: other, cid })).rejects.toMatchObject({ code: 'BlobNotFound' })
})

test('a record may refer to what its actor uploaded, as it was stored; once referenced it is believed', async () => {
  await using house = await openHouse(disk)
  const { cid, mime, size } = await house.upload({ body: once(png) })
  const check = (blob: object, actorId = heron) =>
    assertReferences(house.db, { actorId, blobs: [{ cid, mime, size, ...blob }] })
  await check({})
  await expect(check({ mime: 'image/gif' })).rejects.toMatchObject({ code: 'InvalidMimeType' })
  await expect(check({ size: size + 1 })).rejects.toMatchObject({ code: 'InvalidSize' })
  await expect(check({ cid: sha256(Buffer.from('never')) })).rejects.toThrow('Could not find blob: bafkrei')
  await expect(check({}, other)).rejects.toMatchObject({ code: 'BlobNotFound' })
  await refer(house.db, cid)
  await check({ mime: 'image/gif', size: 1 })
})

test('a blob is collected after its grace and not before; one that is referenced, never', async () => {
  await using house = await openHouse(disk)
  const kept = await house.upload({ body: once(randomBytes(10)) })
  const doomed = await house.upload({ body: once(png) })
  await refer(house.db, kept.cid)
  await timePasses(house.db, temporaryGraceMs - 60_000)
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 2, objects: 2, strays: 0 })
  await timePasses(house.db, 60_000)
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 1, objects: 1, strays: 0 })
  await expect(assertReferences(house.db, { actorId: heron, blobs: [{ ...doomed }] })).rejects.toMatchObject({
    code: 'BlobNotFound',
  })
})

test('an object that cannot be deleted keeps none of the others, and is tried again', async () => {
  await using house = await openHouse(disk)
  for (const size of [10, 20, 30]) await house.upload({ body: once(randomBytes(size)) })
  await timePasses(house.db, temporaryGraceMs)
  const [stuck] = await house.db.selectFrom('blob').select('object_key').orderBy('object_key').execute()
  const refusing: BlobObjects = {
    ...house.objects,
    deleteMany: async (keys) => {
      if (keys.includes(stuck?.object_key ?? '')) throw new Error('locked')
      await house.objects.deleteMany(keys)
    },
  }
  const collecting = collectBlobs({ ...house.worker, objects: refusing }, AbortSignal.timeout(5000))
  await expect(collecting).rejects.toThrow('locked')
  expect(await house.counts()).toEqual({ blobs: 0, objects: 1, strays: 1 })
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 0, objects: 0, strays: 0 })
})

test('a second upload gives an unreferenced blob its grace anew', async () => {
  await using house = await openHouse(disk)
  await house.upload({ body: once(png) })
  await timePasses(house.db, temporaryGraceMs)
  await house.upload({ body: once(png) })
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 1, objects: 1, strays: 0 })
})

test('a commit that references a blob while it is collected wins or finds it gone', async () => {
  await using house = await openHouse(disk)
  const { cid } = await house.upload({ body: once(png) })
  await timePasses(house.db, temporaryGraceMs)
  const commit = await house.db.startTransaction().execute()
  await sql`UPDATE blob SET state = 1, orphan_since = NULL WHERE cid = ${cid}`.execute(commit)
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  await commit.commit().execute()
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 1, objects: 1, strays: 0 })
})

test('what a killed upload left behind is collected when its grace has passed, and not before', async () => {
  await using house = await openHouse(disk)
  const killed = { put: neverEnding(house.objects) }
  void uploadBlob({ ...house, objects: { ...house.objects, ...killed } }, request({ body: once(png) }))
  await expect.poll(() => house.counts()).toEqual({ blobs: 0, objects: 1, strays: 1 })
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toMatchObject({ objects: 1 })
  await timePasses(house.db, uploadGraceMs)
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 0, objects: 0, strays: 0 })
})

test('an upload that was paused for longer than its grace fails instead of holding a deleted object', async () => {
  await using house = await openHouse(disk)
  const slow = {
    async put(...call: Parameters<BlobObjects['put']>) {
      await house.objects.put(...call)
      await timePasses(house.db, uploadGraceMs)
      await collectBlobs(house.worker, AbortSignal.timeout(5000))
    },
  }
  const upload = uploadBlob(
    { ...house, objects: { ...house.objects, ...slow } },
    request({ body: once(png) }),
  )
  await expect(upload).rejects.toMatchObject({ code: 'UpstreamTimeout' })
  expect(await house.counts()).toEqual({ blobs: 0, objects: 0, strays: 0 })
})

test('an object that could not be deleted is deleted by a later run', async () => {
  await using house = await openHouse(disk)
  await house.upload({ body: once(png) })
  await timePasses(house.db, temporaryGraceMs)
  const down = { deleteMany: () => Promise.reject(new Error('the bucket is away')) }
  const failing = collectBlobs(
    { ...house.worker, objects: { ...house.objects, ...down } },
    AbortSignal.timeout(5000),
  )
  await expect(failing).rejects.toThrow('the bucket is away')
  expect(await house.counts()).toEqual({ blobs: 0, objects: 1, strays: 1 })
  await collectBlobs(house.worker, AbortSignal.timeout(5000))
  expect(await house.counts()).toEqual({ blobs: 0, objects: 0, strays: 0 })
})

test('nothing of it is done inside a transaction', async () => {
  await using house = await openHouse(disk)
  const inside = inTransaction(house.db, { name: 'write' }, () => house.upload({ body: once(png) }))
  await expect(inside).rejects.toThrow('uploadBlob inside the transaction write')
})

/** Each part of it has the rights at Postgres of the service that it belongs to. */
interface House extends AsyncDisposable {
  db: Database
  worker: CareDeps
  objects: BlobObjects
  upload(input: Partial<BlobUpload> & Pick<BlobUpload, 'body'>): ReturnType<typeof uploadBlob>
  counts(): Promise<{ blobs: number; objects: number; strays: number }>
}

async function openHouse(kind: StoreKind): Promise<House> {
  const database = await testDatabase()
  const store = await kind.open()
  const { db } = database
  const { objects } = store
  const api = database.as('heronry_api')
  return {
    db,
    worker: carer({ db: database.as('heronry_blob_worker'), objects }),
    objects,
    upload: (input) => uploadBlob({ db: api, objects }, request(input)),
    async counts() {
      const blobs = await db.selectFrom('blob').select('cid').execute()
      const strays = await db.selectFrom('blob_stray').select('object_key').execute()
      const keys: string[] = []
      for await (const { key } of objects.list('')) keys.push(key)
      return { blobs: blobs.length, objects: keys.length, strays: strays.length }
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function request(input: Partial<BlobUpload> & Pick<BlobUpload, 'body'>): BlobUpload {
  return { owner, declaredMime: 'application/octet-stream', bytesMax: 1_000_000, ...input }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** A body that is long enough to be on its way to the store when the end comes. */
async function* endingIn(end: () => Promise<never>): AsyncIterable<Uint8Array> {
  yield randomBytes(100_000)
  await end()
}

/** A store whose put does its work and then does not come back, as for a process that is killed. */
function neverEnding(objects: BlobObjects): BlobObjects['put'] {
  return async (...call) => {
    await objects.put(...call)
    await new Promise(() => {})
  }
}

/** What the commit statement does to a blob when a record refers to it, and when its last one goes. */
async function refer(db: Database, cid: Digest): Promise<void> {
  await db
    .updateTable('blob')
    .set({ state: 1, orphan_since: null })
    .where('cid', '=', cid)
    .where('actor_id', '=', heron)
    .execute()
}

async function release(db: Database, cid: Digest): Promise<void> {
  await db
    .updateTable('blob')
    .set({ state: 0, orphan_since: sql<Date>`now()` })
    .where('cid', '=', cid)
    .execute()
}

async function timePasses(db: Database, ms: number): Promise<void> {
  const later = sql`${ms + 1} * interval '1 ms'`
  await sql`UPDATE blob SET orphan_since = orphan_since - ${later}, uploaded_at = uploaded_at - ${later}`.execute(
    db,
  )
  await sql`UPDATE blob_stray SET since = since - ${ms + 1} * interval '1 ms'`.execute(db)
}

/** A PNG as far as anybody looks who only asks for its type. */
function picture(profileLength: number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex')
  return Buffer.concat([header, chunk('iCCP', randomBytes(profileLength)), chunk('IDAT', randomBytes(1000))])
}

function chunk(name: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  return Buffer.concat([length, Buffer.from(name), data, randomBytes(4)])
}
