import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { encode } from '@atproto/lex-cbor'
import { type BlockMap, MemoryBlockstore, MST, readCarWithRoot, verifyRepoCar } from '@atproto/repo'
import { cidOf, cidString, sha256 } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Rev } from '@heronry/core/rev'
import type { Database } from '@heronry/db/database'
import { keyLayer } from '@heronry/mst/key-layer'
import { createLogger } from '@heronry/telemetry/logger'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { firstRev, type SeededRepo, type SeedRecord, seedRepo } from '../test/seed-repo.ts'
import { type ExportDeps, exportRepo } from './export-repo.ts'
import { exportLeafBytesMax, exportPageBytesMax, exportPageRowsMax, leafKeysMax } from './read-limits.ts'
import { Spools } from './spools.ts'
import { verifyRepo } from './verify-repo.ts'

const lines: string[] = []
const logger = createLogger({
  service: 'test',
  level: 'warn',
  enabled: true,
  destination: { write: (line) => void lines.push(line) },
})
let database: TestDatabase
let db: Database
let deps: ExportDeps
beforeAll(async () => {
  database = await testDatabase({ poolMax: 2 })
  db = database.db
  deps = { db, logger, spools: new Spools(tmpdir()) }
  await seedRepo(db, { actorId: 999n, records: manyRecords(20) })
})
afterAll(() => database[Symbol.asyncDispose]())

test.each([0, 1, 2, 40, exportPageRowsMax, exportPageRowsMax + 1, 3000])(
  'the reference verifies an export of %i records: its signature, its root, every record',
  async (count) => {
    const records = manyRecords(count)
    const repo = await seedRepo(db, { actorId: BigInt(count + 1), records })
    const car = await collected(exportRepo(deps, repo))
    const { creates, commit } = await verifyRepoCar(car, repo.did, repo.didKey)
    expect(commit.rev).toBe(repo.rev)
    const found = creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, String(cid)] as const)
    expect(new Map(found)).toEqual(new Map(records.map((record) => [record.path, recordCid(record)])))
    expect(found).toHaveLength(count)
  },
)

test('the commit comes first, then each node before what it names', async () => {
  const repo = await seedRepo(db, { actorId: 5000n, records: manyRecords(300) })
  const { blocks, root } = await readCarWithRoot(await collected(exportRepo(deps, repo)))
  const order = blocks.entries().map(({ cid }) => cid.toString())
  expect(order[0]).toBe(root.toString())
  expect(order).toEqual([root.toString(), ...(await preorder(blocks, repo))])
})

test('records larger than a page of bytes are exported whole', async () => {
  const big = randomBytes(exportPageBytesMax * 0.4).toString('hex')
  const records = [1, 2, 3, 4].map((n) => ({ path: `a.b.c/${n}`, value: { big, n: String(n) } }))
  const repo = await seedRepo(db, { actorId: 5001n, records })
  const { creates } = await verifyRepoCar(await collected(exportRepo(deps, repo)), repo.did, repo.didKey)
  expect(creates.map(({ cid }) => String(cid))).toEqual(records.map(recordCid))
})

test('since leaves out the records written at or before that revision, never a node', async () => {
  const later = '3l4ihtedzjc23' as Rev
  const records = manyRecords(300).map((record, at) => ({ ...record, rev: at % 3 === 0 ? later : firstRev }))
  const repo = await seedRepo(db, { actorId: 5002n, records })
  const all = await readCarWithRoot(await collected(exportRepo(deps, repo)))
  const some = await readCarWithRoot(await collected(exportRepo(deps, { ...repo, since: firstRev })))
  const none = await readCarWithRoot(await collected(exportRepo(deps, { ...repo, since: later })))
  expect(all.blocks.size - some.blocks.size).toBe(200)
  expect(all.blocks.size - none.blocks.size).toBe(300)
})

test('a write in the middle of an export is not seen by it', async () => {
  const repo = await seedRepo(db, { actorId: 5003n, records: largeRecords(60) })
  const parts = exportRepo(deps, repo)[Symbol.asyncIterator]()
  const first = await parts.next()
  await db.deleteFrom('record').where('store_id', '=', repo.storeId).execute()
  const rest = await collected({ [Symbol.asyncIterator]: () => parts })
  const { creates } = await verifyRepoCar(Buffer.concat([first.value, rest]), repo.did, repo.didKey)
  expect(creates).toHaveLength(60)
})

test('a leaf larger than what is kept of it is exported whole', async () => {
  const records = largeRecords(400)
    .filter(({ path }) => keyLayer(path) === 0)
    .slice(0, Math.ceil(exportLeafBytesMax / largeBytes) + 20)
  for (const around of [[], ['a.a.a/0', 'x.y.z/0']]) {
    const others = around.map((path) => ({ path, value: { n: '1' } }))
    const repo = await seedRepo(db, {
      actorId: 5006n + BigInt(others.length),
      records: [...records, ...others],
    })
    const { creates } = await verifyRepoCar(await collected(exportRepo(deps, repo)), repo.did, repo.didKey)
    expect(creates).toHaveLength(records.length + others.length)
  }
})

test('a leaf is exported up to as many keys as none has; one key more is taken for damage', async () => {
  const records = manyRecords(3 * leafKeysMax).filter(({ path }) => keyLayer(path) === 0)
  for (const count of [leafKeysMax, leafKeysMax + 1]) {
    const actorId = 5030n + BigInt(count)
    const repo = await seedRepo(db, { actorId, records: records.slice(0, count) })
    const car = collected(exportRepo(deps, repo))
    if (count > leafKeysMax) await expect(car).rejects.toThrow('is none of ours')
    else expect((await verifyRepoCar(await car, repo.did, repo.didKey)).creates).toHaveLength(count)
  }
})

test('a reader that leaves gives its connection back', async () => {
  const repo = await seedRepo(db, { actorId: 5004n, records: manyRecords(1000) })
  for (let reader = 0; reader < 5; reader++) {
    for await (const part of exportRepo(deps, repo)) if (part.length > 0) break
  }
  const held = () =>
    sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_xmin IS NOT NULL
      AND pid <> pg_backend_pid()`.execute(db)
  await vi.waitUntil(async () => (await held()).rows.length === 0, { timeout: 5_000, interval: 20 })
})

describe('a stored node that was tampered with', () => {
  const damaged = async (repo: SeededRepo) => {
    await sql`UPDATE mst_node SET body = body || '\\x00' WHERE store_id = ${repo.storeId} AND (layer, lo) =
      (SELECT layer, max(lo) FROM mst_node WHERE store_id = ${repo.storeId} AND layer = 1 GROUP BY layer)`.execute(
      db,
    )
  }

  test('is rebuilt, loudly, before anything was sent: the reader sees nothing of it', async () => {
    const repo = await seedRepo(db, { actorId: 5005n, records: manyRecords(300) })
    await damaged(repo)
    lines.length = 0
    const { creates } = await verifyRepoCar(await collected(exportRepo(deps, repo)), repo.did, repo.didKey)
    expect(creates).toHaveLength(300)
    expect(lines.join()).toContain('rebuilding them from the records')
  })

  test('ends an export that has begun, and the next one finds the tree rebuilt', async () => {
    const repo = await seedRepo(db, { actorId: 5010n, records: largeRecords(60) })
    await damaged(repo)
    await expect(collected(exportRepo(deps, repo))).rejects.toThrow('is not what its parent links to')
    const { creates } = await verifyRepoCar(await collected(exportRepo(deps, repo)), repo.did, repo.didKey)
    expect(creates).toHaveLength(60)
  })
})

test.each([
  ['a leaf lacks a record', sql`DELETE FROM record WHERE store_id = 6020 AND path = 'a.b.c/8'`],
  [
    'a record has another CID',
    sql`UPDATE record SET cid = sha256('x') WHERE store_id = 6020 AND path = 'a.b.c/8'`,
  ],
  [
    'a record too many',
    sql`INSERT INTO record SELECT store_id, 'z.z.z/1', cid, rev, 0, value FROM record
    WHERE store_id = 6020 AND path = 'a.b.c/8'`,
  ],
])('nothing is sent of a repo whose records are not those of its tree: %s', async (_, damage) => {
  const repo = await seedRepo(db, { actorId: 5020n, records: manyRecords(300) })
  await damage.execute(db)
  await expect(collected(exportRepo(deps, repo))).rejects.toThrow('The records of actor 5020 make the tree')
  for (const table of ['record', 'mst_node', 'repo'] as const) {
    await (table === 'repo'
      ? db.deleteFrom('repo').where('actor_id', '=', repo.actorId)
      : db.deleteFrom(table).where('store_id', '=', repo.storeId)
    ).execute()
  }
})

test('bytes of a record that are not those its CID names are sent, refused by whoever reads them, and found by verify', async () => {
  const repo = await seedRepo(db, { actorId: 5021n, records: manyRecords(30) })
  await db
    .updateTable('record')
    .set({ value: Buffer.from(encode({ text: 'forged' })) })
    .where('store_id', '=', repo.storeId)
    .where('path', '=', 'a.b.c/8')
    .execute()
  const car = await collected(exportRepo(deps, repo))
  await expect(verifyRepoCar(car, repo.did, repo.didKey)).rejects.toThrow()
  const report = await verifyRepo(db, repo)
  expect(report?.problems).toEqual(['The record a.b.c/8 is not what its CID names'])
})

test('there is nothing to export of an actor without a repo', async () => {
  const gone = collected(exportRepo(deps, { actorId: 7777n as ActorId }))
  await expect(gone).rejects.toMatchObject({ code: 'RepoNotFound' })
})

function manyRecords(count: number): SeedRecord[] {
  return Array.from({ length: count }, (_, at) => {
    const path = `${['app.bsky.feed.post', 'app.bsky.feed.like', 'a.b.c'][at % 3]}/${at}`
    return { path, value: { $type: 'x.y.z', text: `number ${at}` } }
  })
}

/** More of them than wait in memory. */
function largeRecords(count: number): SeedRecord[] {
  return Array.from({ length: count }, (_, at) => {
    return { path: `a.b.c/${at}`, value: { text: `${at} `.padEnd(largeBytes, 'x') } }
  })
}
const largeBytes = 50_000

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
