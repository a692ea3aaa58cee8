import { type Digest, sha256 } from '@heronry/core/cid'
import type { ActorId, StoreId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { firstRev, seedRepo } from '../test/seed-repo.ts'
import { findRepo } from './find-repo.ts'
import { findRepoHeads } from './find-repo-heads.ts'
import { listBlobCids } from './list-blob-cids.ts'
import { listMissingBlobs, missingBlobs } from './list-missing-blobs.ts'

const secondRev = '3l4ihtedzjc23' as Rev
const [low, middle, high] = ['a', 'b', 'c'].map((text) => sha256(Buffer.from(text))).sort(Buffer.compare) as [
  Digest,
  Digest,
  Digest,
]
const plain = (digests: Uint8Array[]) => digests.map((digest) => Buffer.from(digest).toString('hex'))

test('blobs are listed once each, in pages, for one repo, and since a revision', async () => {
  await using database = await testDatabase()
  const { db } = database
  const heron = await seedRepo(db, {
    actorId: 1n,
    records: [
      { path: 'a.b.c/1', value: { n: '1' }, blobs: [low, high] },
      { path: 'a.b.c/2', value: { n: '2' }, blobs: [low, middle], rev: secondRev },
    ],
  })
  await seedRepo(db, { actorId: 2n, records: [{ path: 'a.b.c/1', value: {}, blobs: [high] }] })
  await uploaded(db, 1n, [low, middle, high])
  const list = async (page: object) =>
    plain(await listBlobCids(db, { actorId: 1n as ActorId, storeId: heron.storeId, limit: 10, ...page }))
  expect(await list({})).toEqual(plain([low, middle, high]))
  expect(await list({ limit: 2 })).toEqual(plain([low, middle]))
  expect(await list({ limit: 2, cursor: middle })).toEqual(plain([high]))
  expect(await list({ since: firstRev })).toEqual(plain([low, middle]))
  expect(await list({ since: firstRev, cursor: low })).toEqual(plain([middle]))
  expect(await list({ since: secondRev })).toEqual([])
})

test('a blob that was taken down is not listed, and one that nobody has uploaded is missing, with the first record that refers to it', async () => {
  await using database = await testDatabase()
  const { db } = database
  const records = [
    { path: 'a.b.c/1', value: { n: '1' }, blobs: [low, middle, high] },
    { path: 'a.b.c/0', value: { n: '2' }, blobs: [high] },
  ]
  const heron = await seedRepo(db, { actorId: 1n, records })
  await seedRepo(db, { actorId: 2n, records })
  for (const actorId of [1n, 2n]) await uploaded(db, actorId, [low, middle, high])
  const missing = async (page: object = {}) => {
    const found = await listMissingBlobs(db, {
      actorId: 1n as ActorId,
      storeId: heron.storeId,
      limit: 10,
      ...page,
    })
    return found.map(({ cid, path }) => [Buffer.from(cid).toString('hex'), path])
  }
  const listed = async () =>
    plain(await listBlobCids(db, { actorId: 1n as ActorId, storeId: heron.storeId, limit: 10 }))
  const [one, two, three] = plain([low, middle, high])
  expect(await listed()).toEqual([one, two, three])
  expect(await missing()).toEqual([])
  await db.updateTable('blob').set({ takedown_ref: 'case' }).where('cid', '=', low).execute()
  await db.deleteFrom('blob').where('cid', 'in', [middle, high]).where('actor_id', '=', 1n).execute()
  expect(await listed()).toEqual([])
  expect(await missing()).toEqual([
    [two, 'a.b.c/1'],
    [three, 'a.b.c/0'],
  ])
  expect(await missing({ limit: 1 })).toEqual([[two, 'a.b.c/1']])
  expect(await missing({ cursor: middle })).toEqual([[three, 'a.b.c/0']])
  expect(await missing({ cursor: high })).toEqual([])
})

test('what is missing is found by indexes alone', async () => {
  await using database = await testDatabase()
  const { db } = database
  await sql`INSERT INTO record_blob (store_id, cid, path)
    SELECT n % 50, sha256(n::text::bytea), 'a.b.c/' || n FROM generate_series(1, 50000) n`.execute(db)
  await sql`INSERT INTO blob (actor_id, cid, object_key, mime, size, state)
    SELECT n % 50, sha256(n::text::bytea), 'b/' || n, 'image/png', 1, 1 FROM generate_series(1, 50000) n WHERE n % 100 <> 7`.execute(
    db,
  )
  await sql`ANALYZE record_blob, blob`.execute(db)
  const page = { actorId: 7n as ActorId, storeId: 7n as StoreId, limit: 500 }
  expect(await listMissingBlobs(db, page)).toHaveLength(500)
  const { rows } = await sql<{ 'QUERY PLAN': string }>`EXPLAIN ${missingBlobs(page)}`.execute(db)
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('blob_pkey')
  expect(plan).not.toContain('Seq Scan')
})

test('heads are found for the actors asked for; a repo in quarantine is not among them', async () => {
  await using database = await testDatabase()
  const { db } = database
  const heron = await seedRepo(db, { actorId: 1n, records: [] })
  await seedRepo(db, { actorId: 2n, records: [], published: false })
  await seedRepo(db, { actorId: 3n, records: [] })
  const heads = await findRepoHeads(db, [1n, 2n, 4n] as ActorId[])
  expect([...heads]).toEqual([[1n, { head: Buffer.from(heron.head), rev: heron.rev }]])
  expect(await findRepoHeads(db, [])).toEqual(new Map())
  expect(await findRepo(db, 2n as ActorId)).toMatchObject({ published: false, writable: true })
  expect(await findRepo(db, 4n as ActorId)).toBeUndefined()
})

async function uploaded(db: Database, actorId: bigint, cids: Digest[]): Promise<void> {
  const rows = cids.map((cid, at) => ({
    actor_id: actorId,
    cid,
    object_key: `b/${actorId}/${at}`,
    mime: 'image/png',
    size: 1n,
    state: 1,
  }))
  await db.insertInto('blob').values(rows).execute()
}
