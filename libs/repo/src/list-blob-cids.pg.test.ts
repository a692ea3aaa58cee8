import { type Digest, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import { testDatabase } from '@heronry/testing/postgres'
import { expect, test } from 'vitest'
import { firstRev, seedRepo } from '../test/seed-repo.ts'
import { findRepo } from './find-repo.ts'
import { findRepoHeads } from './find-repo-heads.ts'
import { listBlobCids } from './list-blob-cids.ts'

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
  const list = async (page: object) =>
    plain(await listBlobCids(db, { storeId: heron.storeId, limit: 10, ...page }))
  expect(await list({})).toEqual(plain([low, middle, high]))
  expect(await list({ limit: 2 })).toEqual(plain([low, middle]))
  expect(await list({ limit: 2, cursor: middle })).toEqual(plain([high]))
  expect(await list({ since: firstRev })).toEqual(plain([low, middle]))
  expect(await list({ since: firstRev, cursor: low })).toEqual(plain([middle]))
  expect(await list({ since: secondRev })).toEqual([])
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
