import { randomBytes } from 'node:crypto'
import { encode } from '@atproto/lex-cbor'
import { type BlockMap, MemoryBlockstore, MST, readCarWithRoot, verifyRepoCar } from '@atproto/repo'
import { cidOf, cidString, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstRev, type SeededRepo, type SeedRecord, seedRepo } from '../test/seed-repo.ts'
import { exportRepo } from './export-repo.ts'
import { exportPageBytesMax, exportPageRowsMax } from './read-limits.ts'

const logger = createLogger({ service: 'test', level: 'fatal', enabled: false })
let database: TestDatabase
let db: Database
beforeAll(async () => {
  database = await testDatabase({ poolMax: 2 })
  db = database.db
  await seedRepo(db, { actorId: 999n, records: manyRecords(20) })
})
afterAll(() => database[Symbol.asyncDispose]())

test.each([0, 1, 2, 40, exportPageRowsMax, exportPageRowsMax + 1, 3000])(
  'the reference verifies an export of %i records: its signature, its root, every record',
  async (count) => {
    const records = manyRecords(count)
    const repo = await seedRepo(db, { actorId: BigInt(count + 1), records })
    const car = await collected(exportRepo({ db, logger }, repo))
    const { creates, commit } = await verifyRepoCar(car, repo.did, repo.didKey)
    expect(commit.rev).toBe(repo.rev)
    const found = creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, String(cid)] as const)
    expect(new Map(found)).toEqual(new Map(records.map((record) => [record.path, recordCid(record)])))
    expect(found).toHaveLength(count)
  },
)

test('the commit comes first, then each node before what it names', async () => {
  const repo = await seedRepo(db, { actorId: 5000n, records: manyRecords(300) })
  const { blocks, root } = await readCarWithRoot(await collected(exportRepo({ db, logger }, repo)))
  const order = blocks.entries().map(({ cid }) => cid.toString())
  expect(order[0]).toBe(root.toString())
  expect(order).toEqual([root.toString(), ...(await preorder(blocks, repo))])
})

test('records larger than a page of bytes are exported whole', async () => {
  const big = randomBytes(exportPageBytesMax * 0.4).toString('hex')
  const records = [1, 2, 3, 4].map((n) => ({ path: `a.b.c/${n}`, value: { big, n: String(n) } }))
  const repo = await seedRepo(db, { actorId: 5001n, records })
  const { creates } = await verifyRepoCar(
    await collected(exportRepo({ db, logger }, repo)),
    repo.did,
    repo.didKey,
  )
  expect(creates.map(({ cid }) => String(cid))).toEqual(records.map(recordCid))
})

test('since leaves out the records written at or before that revision, never a node', async () => {
  const later = '3l4ihtedzjc23' as Rev
  const records = manyRecords(300).map((record, at) => ({ ...record, rev: at % 3 === 0 ? later : firstRev }))
  const repo = await seedRepo(db, { actorId: 5002n, records })
  const all = await readCarWithRoot(await collected(exportRepo({ db, logger }, repo)))
  const some = await readCarWithRoot(
    await collected(exportRepo({ db, logger }, { ...repo, since: firstRev })),
  )
  const none = await readCarWithRoot(await collected(exportRepo({ db, logger }, { ...repo, since: later })))
  expect(all.blocks.size - some.blocks.size).toBe(200)
  expect(all.blocks.size - none.blocks.size).toBe(300)
})

test('a write in the middle of an export is not seen by it', async () => {
  const records = manyRecords(exportPageRowsMax * 2)
  const repo = await seedRepo(db, { actorId: 5003n, records })
  const parts = exportRepo({ db, logger }, repo)
  const first = await parts.next()
  await db.deleteFrom('record').where('store_id', '=', repo.storeId).execute()
  const rest = await collected(parts)
  const { creates } = await verifyRepoCar(
    Buffer.concat([first.value as Uint8Array, rest]),
    repo.did,
    repo.didKey,
  )
  expect(creates).toHaveLength(records.length)
})

test('a reader that leaves gives its connection back', async () => {
  const repo = await seedRepo(db, { actorId: 5004n, records: manyRecords(1000) })
  for (let reader = 0; reader < 5; reader++) {
    for await (const part of exportRepo({ db, logger }, repo)) if (part.length > 0) break
  }
  const { rows } = await sql`
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in %'`.execute(
    db,
  )
  expect(rows).toEqual([])
})

test('a stored node that was tampered with ends the export, and the next one finds the tree rebuilt', async () => {
  const repo = await seedRepo(db, { actorId: 5005n, records: manyRecords(300) })
  await sql`UPDATE mst_node SET body = body || '\\x00' WHERE store_id = ${repo.storeId} AND layer = 1`.execute(
    db,
  )
  await expect(collected(exportRepo({ db, logger }, repo))).rejects.toThrow('is not what its parent links to')
  const { creates } = await verifyRepoCar(
    await collected(exportRepo({ db, logger }, repo)),
    repo.did,
    repo.didKey,
  )
  expect(creates).toHaveLength(300)
})

test('there is nothing to export of an actor without a repo', async () => {
  const gone = collected(exportRepo({ db, logger }, { actorId: 7777n as ActorId }))
  await expect(gone).rejects.toMatchObject({ code: 'RepoNotFound' })
})

function manyRecords(count: number): SeedRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const path = `${['app.bsky.feed.post', 'app.bsky.feed.like', 'a.b.c'][at % 3]}/${at}`
    return { path, value: { $type: 'x.y.z', text: `number ${at}` } }
  })
}

async function collected(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}

function recordCid({ value }: SeedRecord): string {
  return cidString(sha256(encode(value)))
}

/** The CIDs of a tree in preorder, as the reference walks it. */
async function preorder(blocks: BlockMap, { data }: SeededRepo): Promise<string[]> {
  const cids: string[] = []
  for await (const entry of MST.load(new MemoryBlockstore(blocks), cidOf(data)).walk()) {
    cids.push(String(entry.isLeaf() ? entry.value : await entry.getPointer()))
  }
  return cids
}
