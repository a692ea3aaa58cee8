import { encode } from '@atproto/lex-cbor'
import { readCarWithRoot, verifyProofs } from '@atproto/repo'
import { cidOf, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { createLogger, type Logger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedRepo } from '../test/seed-repo.ts'
import { findBlocks } from './find-blocks.ts'
import { blockBytesMax, blockCidsMax } from './read-limits.ts'
import { proveRecord } from './record-proof.ts'
import { setRecordTakedown } from './record-takedown.ts'

const lines: string[] = []
const logger = createLogger({
  service: 'test',
  level: 'error',
  enabled: true,
  destination: { write: (line) => void lines.push(line) },
})
let database: TestDatabase
let deps: { db: Database; logger: Logger }
beforeAll(async () => {
  database = await testDatabase()
  deps = { db: database.db, logger }
})
afterAll(() => database[Symbol.asyncDispose]())

const recordsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ path: `a.b.c/${at}`, value: { text: `number ${at}` } }))
const cidOfValue = (value: Record<string, string>) => sha256(encode(value))

test.each([
  [0, []],
  [1, [0]],
  [1000, [0, 1, 17, 499, 998, 999]],
])(
  'in a repo of %i records, the proof of a record convinces the reference, and so does that of an absent one',
  async (count, ats) => {
    const repo = await seedRepo(database.db, { actorId: BigInt(count + 1), records: recordsOf(count) })
    for (const at of ats) {
      const cid = cidOf(cidOfValue({ text: `number ${at}` }))
      const claims = [{ collection: 'a.b.c', rkey: String(at), cid }]
      const car = await proveRecord(deps, { ...repo, path: `a.b.c/${at}` })
      expect(await verifyProofs(car, claims, repo.did, repo.didKey)).toEqual({
        verified: claims,
        unverified: [],
      })
      expect((await readCarWithRoot(car)).blocks.has(cid)).toBe(true)
    }
    for (const rkey of ['', '500x', 'zzz']) {
      const claims = [{ collection: 'a.b.c', rkey: `absent${rkey}`, cid: null }]
      const car = await proveRecord(deps, { ...repo, path: `a.b.c/absent${rkey}` })
      expect(await verifyProofs(car, claims, repo.did, repo.didKey)).toEqual({
        verified: claims,
        unverified: [],
      })
    }
  },
)

test('the commit, records, leaves and inner nodes are found by their CIDs, each once, in the order asked for', async () => {
  const repo = await seedRepo(database.db, { actorId: 2000n, records: recordsOf(300) })
  const car = await readCarWithRoot(await proveRecord(deps, { ...repo, path: 'a.b.c/123' }))
  const wanted = car.blocks
    .entries()
    .map(({ cid, bytes }) => ({ cid: Buffer.from(cid.bytes.subarray(4)), bytes }))
  const cids = wanted.map(({ cid }) => cid) as unknown as (typeof repo.head)[]
  const found = await findBlocks(deps, { ...repo, cids: [...cids, ...cids] })
  expect(found.map(({ bytes }) => Buffer.from(bytes))).toEqual(wanted.map(({ bytes }) => Buffer.from(bytes)))
})

test('damaged nodes are rebuilt by whoever asks for a proof or a block', async () => {
  const repo = await seedRepo(deps.db, { actorId: 2500n, records: recordsOf(300) })
  const path = 'a.b.c/123'
  const before = await proveRecord(deps, { ...repo, path })
  await deps.db.deleteFrom('mst_node').where('store_id', '=', repo.storeId).where('layer', '=', 1).execute()
  expect(Buffer.from(await proveRecord(deps, { ...repo, path }))).toEqual(Buffer.from(before))
  await deps.db.deleteFrom('mst_node').where('store_id', '=', repo.storeId).execute()
  expect(await findBlocks(deps, { ...repo, cids: [repo.data] })).toHaveLength(1)
})

test('a record whose bytes were changed is sent by nobody, and the log says so; its neighbours are', async () => {
  const repo = await seedRepo(deps.db, { actorId: 2600n, records: recordsOf(300) })
  const path = 'a.b.c/123'
  await deps.db
    .updateTable('record')
    .set({ value: Buffer.from(encode({ text: 'forged' })) })
    .where('store_id', '=', repo.storeId)
    .where('path', '=', path)
    .execute()
  const cid = cidOfValue({ text: 'number 123' })
  const beside = cidOfValue({ text: 'number 124' })
  for (const asked of [
    () => proveRecord(deps, { ...repo, path }),
    () => findBlocks(deps, { ...repo, cids: [cid] }),
  ]) {
    lines.length = 0
    await expect(asked()).rejects.toThrow(`The record ${path} of actor 2600 is not what its CID names`)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ path, msg: 'a stored record is not what its CID names' }),
    ])
  }
  expect(await findBlocks(deps, { ...repo, cids: [beside, repo.data] })).toHaveLength(2)
  await proveRecord(deps, { ...repo, path: 'a.b.c/124' })
})

test('a block of another repo is not found, and every missing one is named', async () => {
  const { db } = database
  const heron = await seedRepo(db, { actorId: 3000n, records: recordsOf(10) })
  const stork = await seedRepo(db, { actorId: 3001n, records: [{ path: 'a.b.c/1', value: { by: 'stork' } }] })
  const theirs = [stork.head, cidOfValue({ by: 'stork' })]
  const asked = findBlocks(deps, { ...heron, cids: [heron.head, ...theirs] })
  await expect(asked).rejects.toMatchObject({
    code: 'BlockNotFound',
    message: `Could not find cids: ${theirs.map((digest) => cidOf(digest)).join(', ')}`,
  })
})

test('blocks are limited in number and in bytes', async () => {
  const { db } = database
  const value = { big: 'x'.repeat(blockBytesMax / 8 - 100) }
  const records = Array.from({ length: 9 }, (_, n) => ({
    path: `a.b.c/${n}`,
    value: { ...value, n: String(n) },
  }))
  const repo = await seedRepo(db, { actorId: 4000n, records })
  const cids = records.map((record) => cidOfValue(record.value))
  expect(await findBlocks(deps, { ...repo, cids: cids.slice(1) })).toHaveLength(8)
  await expect(findBlocks(deps, { ...repo, cids })).rejects.toMatchObject({ code: 'InvalidRequest' })
  const heads = Array(blockCidsMax).fill(repo.head)
  expect(await findBlocks(deps, { ...repo, cids: heads })).toHaveLength(1)
  const tooMany = findBlocks(deps, { ...repo, cids: [...heads, repo.head] })
  await expect(tooMany).rejects.toMatchObject({ code: 'InvalidRequest' })
})

test('an actor without a repo has no proof and no blocks', async () => {
  const actorId = 9999n as ActorId
  await expect(proveRecord(deps, { actorId, path: 'a.b.c/1' })).rejects.toMatchObject({
    code: 'RepoNotFound',
  })
  await expect(findBlocks(deps, { actorId, cids: [] })).rejects.toMatchObject({ code: 'RepoNotFound' })
})

test('a record that is taken down is proved to nobody until it is given back; its neighbours are', async () => {
  const repo = await seedRepo(database.db, { actorId: 41n, records: recordsOf(3) })
  const stork = await seedRepo(database.db, { actorId: 42n, records: recordsOf(3) })
  const path = 'a.b.c/1'
  const set = (applied: boolean) =>
    inTransaction(database.db, { name: 'take down' }, (tx) =>
      setRecordTakedown(tx, { ...repo, path, applied }),
    )
  const before = await proveRecord(deps, { ...repo, path })
  await set(true)
  await expect(proveRecord(deps, { ...repo, path })).rejects.toMatchObject({ code: 'RecordNotFound' })
  for (const shown of [
    { ...repo, path: 'a.b.c/2' },
    { ...stork, path },
  ])
    await proveRecord(deps, shown)
  await set(false)
  expect(Buffer.from(await proveRecord(deps, { ...repo, path }))).toEqual(Buffer.from(before))
})
