import { createCid, parseCid } from '@atproto/lex-data'
import { cidOf, cidString, sha256 } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import type { ActorId, StoreId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { createWorker } from '@heronry/jobs/worker'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { verifyHistory } from '../test/history.ts'
import { create, elsewhere, type RepoHouse, repoHouse, thing, write } from '../test/repo-house.ts'
import { storeRows } from '../test/store-rows.ts'
import { until } from '../test/until.ts'
import { deleteRepo } from './delete-repo.ts'
import { storeHandlers } from './drop-store.ts'
import { fillStore } from './fill-store.ts'
import type { RepoHead } from './find-repo.ts'
import {
  dropRowsMax,
  rebuildAttemptsMax,
  rebuildMsMax,
  rebuildRecordsMax,
  storeDropDelayMs,
} from './limits.ts'
import { lockRepo } from './lock-repo.ts'
import { keepStore, reserveStore } from './new-store.ts'
import { prepareWrites } from './prepare-writes.ts'
import type { WriteRequest } from './prepared-write.ts'
import { rebuildRepo } from './rebuild-repo.ts'
import { verifyRepo } from './verify-repo.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

type Actor = Awaited<ReturnType<RepoHouse['actor']>>

test.each([0, 1, rebuildRecordsMax, rebuildRecordsMax + 1])(
  'a whole repo of %i records is the same in its new store, with one empty commit more',
  async (count) => {
    const { actor, engine } = await repoOf(count)
    const before = await storeRows(house.db, await storeOf(actor.id))
    expect(await rebuild(actor)).toMatchObject({ records: count, sameTree: true, renamed: [], leftOut: [] })
    const after = await storeOf(actor.id)
    expect(await storeRows(house.db, after)).toEqual(before)
    expect(await kindsOf(actor.id)).toEqual([1, 2, ...(count > 0 ? [1] : []), 1, 2])
    expect((await verifyRepo(house.db, { ...actor, actorId: actor.id }))?.problems).toEqual([])
    // The engine remembers the repo as it was.
    await engine.apply({ actor, writes: create('after') })
    expect(await verifyHistory(house.db, actor)).toBe(count > 0 ? 4 : 3)
  },
)

test('what was damaged is made again from the values, and announced by #sync alone', async () => {
  const { actor } = await repoOf(40)
  const storeId = await storeOf(actor.id)
  const damaged = { path: `${thing}/r-7`, value: create('r-7', { other: true })[0]?.value as Uint8Array }
  await house.db.deleteFrom('mst_node').where('store_id', '=', storeId).execute()
  await house.db.deleteFrom('backlink').where('store_id', '=', storeId).execute()
  await house.db
    .updateTable('record')
    .set({ value: damaged.value })
    .where('store_id', '=', storeId)
    .where('path', '=', damaged.path)
    .execute()
  await house.db.updateTable('repo').set({ record_count: 7n }).where('actor_id', '=', actor.id).execute()
  expect(await rebuild(actor)).toMatchObject({ records: 40, sameTree: false, renamed: [damaged.path] })
  expect(await kindsOf(actor.id)).toEqual([1, 2, 1, 2])
  const now = await storeRows(house.db, await storeOf(actor.id))
  expect(now.record.find(({ path }) => path === damaged.path)?.cid).toBe(cidString(sha256(damaged.value)))
  expect(now.backlink).toHaveLength(1)
  expect((await verifyRepo(house.db, { ...actor, actorId: actor.id }))?.problems).toEqual([])
})

test('a value that is no record is left out only if that was asked for', async () => {
  const { actor } = await repoOf(3)
  const storeId = await storeOf(actor.id)
  const path = `${thing}/r-1`
  await house.db
    .updateTable('record')
    .set({ value: Buffer.from('x') })
    .where('store_id', '=', storeId)
    .where('path', '=', path)
    .execute()
  await expect(rebuild(actor)).rejects.toThrow(`1 records cannot be read: ${path}`)
  expect(await storeOf(actor.id)).toBe(storeId)
  expect(await rebuild(actor, { leaveOutUnreadable: true })).toMatchObject({ records: 2, leftOut: [path] })
})

test('a record with links of other versions, codecs and hashes is a record', async () => {
  const { actor, engine } = await repoOf(1)
  const links = [
    parseCid('QmRQ353oFNqt8zfZ9X1HgRUszwv9RkEEwmMZZkbkYEsybn'),
    createCid(0x70, 0x12, new Uint8Array(32)),
    createCid(0x71, 0x13, new Uint8Array(64)),
    createCid(0x55, 0, new Uint8Array(0)),
  ]
  await engine.apply({ actor, writes: write({ action: 'create', rkey: 'links', record: { links } }) })
  expect(await rebuild(actor)).toMatchObject({ records: 2, sameTree: true, renamed: [], leftOut: [] })
  expect((await verifyRepo(house.db, { ...actor, actorId: actor.id }))?.problems).toEqual([])
})

test('blobs are referenced as the records say, and no others', async () => {
  const { actor, engine } = await repoOf(1)
  const [kept, dropped] = [sha256(Buffer.from('kept')), sha256(Buffer.from('dropped'))]
  for (const cid of [kept, dropped]) {
    const row = { actor_id: actor.id, cid, object_key: cidString(cid), mime: 'a/b', size: 1n }
    await house.db
      .insertInto('blob')
      .values({ ...row, state: 0, orphan_since: new Date() })
      .execute()
  }
  const blob = { $type: 'blob', ref: cidOf(kept, 'raw'), mimeType: 'a/b', size: 1 }
  await engine.apply({ actor, writes: write({ action: 'create', rkey: 'blob', record: { blob } }) })
  await house.db
    .updateTable('blob')
    .set({ state: 1, orphan_since: null })
    .where('cid', '=', dropped)
    .execute()
  await house.db
    .updateTable('blob')
    .set({ state: 0, orphan_since: new Date() })
    .where('cid', '=', kept)
    .execute()
  await rebuild(actor)
  const rows = await house.db
    .selectFrom('blob')
    .select(['cid', 'state', 'orphan_since'])
    .where('actor_id', '=', actor.id)
    .execute()
  const states = new Map(
    rows.map(({ cid, state, orphan_since }) => [cidString(cid as never), [state, orphan_since === null]]),
  )
  expect([states.get(cidString(kept)), states.get(cidString(dropped))]).toEqual([
    [1, true],
    [0, false],
  ])
})

test('writes that come meanwhile are none of them lost', async () => {
  const { actor, engine } = await repoOf(rebuildRecordsMax)
  const writes = Array.from({ length: 30 }, (_, index) =>
    engine.apply({ actor, writes: create(`w-${index}`) }),
  )
  const rebuilt = await Promise.all([1, 2, 3].map(() => rebuild(actor)))
  await Promise.all(writes)
  expect(new Set(rebuilt.map((one) => one?.rev)).size).toBe(3)
  expect(await verifyHistory(house.db, actor)).toBe(2 + 30 + 3)
})

test('a rebuild that is killed has left the repo as it was, and nothing that is not swept; the next one does it all', async () => {
  const { actor } = await repoOf(rebuildRecordsMax)
  const old = await storeOf(actor.id)
  const [before, kinds] = [await storeRows(house.db, old), await kindsOf(actor.id)]
  const killed = inTransaction(house.db, { name: 'hold events' }, async (tx) => {
    await sql`LOCK TABLE event IN SHARE MODE`.execute(tx)
    const rejected = expect(rebuild(actor)).rejects.toThrow()
    await until(async () => {
      const { rows } = await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'insert into "event"%'`.execute(
        house.db,
      )
      return rows.length > 0
    })
    await rejected
  })
  await killed
  expect(await storeOf(actor.id)).toBe(old)
  expect([await storeRows(house.db, old), await kindsOf(actor.id)]).toEqual([before, kinds])
  await sweep()
  expect(await storesAfter(old)).toEqual([])
  expect(await rebuild(actor)).toMatchObject({ sameTree: true })
  expect(await storeRows(house.db, await storeOf(actor.id))).toEqual(before)
})

test('whoever dies while a store is filled leaves a job that drops it', async () => {
  const { actor } = await repoOf(3)
  const old = await storeOf(actor.id)
  const store = await reserveStore(house.db, actor.id)
  await fillStore(house.db, { from: old as StoreId, to: store.storeId })
  expect(await storesAfter(old)).toEqual([{ store_id: store.storeId }])
  const dueIn = await house.db
    .selectFrom('job_outbox')
    .select(sql<number>`extract(epoch FROM run_at - now())`.as('seconds'))
    .where('key', '=', `store-${store.storeId}`)
    .executeTakeFirstOrThrow()
  expect(Number(dueIn.seconds) * 1000).toBeGreaterThan(rebuildMsMax - 60_000)
  await sweep()
  expect(await storesAfter(old)).toEqual([])
})

test('a repo that is deleted while it is rebuilt stays deleted, and nothing of it is left', async () => {
  const { actor } = await repoOf(200)
  const old = await storeOf(actor.id)
  const rebuilding = rebuild(actor)
  await until(async () => (await storesAfter(old)).length > 0)
  await inTransaction(house.db, { name: 'delete repo' }, async (tx) => {
    await deleteRepo(tx, (await lockRepo(tx, actor.id)) as RepoHead)
    await house.vault.discard(tx, actor.id)
  })
  await rebuilding
  expect(await rebuild(actor)).toBeUndefined()
  await sweep()
  expect(await storesAfter(old - 1n)).toEqual([])
})

test('a store that is being dropped by now is not flipped to', async () => {
  const { actor } = await repoOf(3)
  const store = await reserveStore(house.db, actor.id)
  const keep = () => inTransaction(house.db, { name: 'keep' }, (tx) => keepStore(tx, store))
  await house.db
    .updateTable('job_outbox')
    .set({ lease_until: new Date(Date.now() + 60_000) })
    .where('key', '=', `store-${store.storeId}`)
    .execute()
  await expect(keep()).rejects.toThrow('took longer than')
  await house.db
    .updateTable('job_outbox')
    .set({ lease_until: null })
    .where('key', '=', `store-${store.storeId}`)
    .execute()
  await keep()
})

test('a rebuild begins anew while others rebuild the repo, as often as the limit', async () => {
  const { actor } = await repoOf(3)
  const beside = (times: number) => {
    let left = times
    return {
      async signer(id: ActorId) {
        if (left-- > 0) await rebuild(actor)
        return house.vault.signer(id)
      },
    }
  }
  const deps = { db: house.db, clock: systemClock }
  const asked = { actor, leaveOutUnreadable: false }
  const one = await rebuildRepo({ ...deps, vault: beside(rebuildAttemptsMax - 1) }, asked)
  expect(one?.records).toBe(3)
  const other = rebuildRepo({ ...deps, vault: beside(rebuildAttemptsMax) }, asked)
  await expect(other).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  expect((await verifyRepo(house.db, { ...actor, actorId: actor.id }))?.problems).toEqual([])
})

test.each([dropRowsMax, dropRowsMax + 1])(
  'a store of %i rows is dropped whole, and no sooner than its readers are done',
  async (count) => {
    const { actor } = await repoOf(1)
    const old = await storeOf(actor.id)
    await rebuild(actor)
    await sql`INSERT INTO record SELECT store_id, path || n, cid, rev, takedown, value
    FROM record, generate_series(2, ${count}::int) n WHERE store_id = ${old}`.execute(house.db)
    expect((await storeRows(house.db, old)).record).toHaveLength(count)
    const job = await house.db
      .selectFrom('job_outbox')
      .select(sql<number>`extract(epoch FROM run_at - created_at)::float8`.as('delay'))
      .where('key', '=', `store-${old}`)
      .executeTakeFirstOrThrow()
    expect(Math.abs(job.delay * 1000 - storeDropDelayMs)).toBeLessThan(30_000)
    await sweep()
    expect((await storeRows(house.db, old)).record).toEqual([])
  },
)

test('the old store is dropped afterwards, a live one never, and another community keeps its own', async () => {
  const { actor } = await repoOf(rebuildRecordsMax)
  const { actor: bystander } = await repoOf(3, elsewhere)
  const old = await storeOf(actor.id)
  await rebuild(actor)
  await rebuild(bystander)
  const [live, theirs] = [await storeOf(actor.id), await storeOf(bystander.id)]
  const wrong = { actorId: String(actor.id), storeId: String(live) }
  const job = { queue: 'stores', name: 'drop-store', payload: JSON.stringify(wrong), key: 'wrong' }
  await house.db.insertInto('job_outbox').values(job).execute()
  await house.db
    .updateTable('job_outbox')
    .set({ run_at: new Date(0) })
    .where('queue', '=', 'stores')
    .execute()
  const [before, beside] = [await storeRows(house.db, live), await storeRows(house.db, theirs)]
  await working(async () => {
    await vi.waitFor(
      async () => expect(Object.values(await storeRows(house.db, old)).flat()).toEqual([]),
      10_000,
    )
    await vi.waitFor(async () => expect(await errorOf('wrong')).toContain('is the live one'), 10_000)
  })
  expect([await storeRows(house.db, live), await storeRows(house.db, theirs)]).toEqual([before, beside])
})

test('a repo in quarantine, or one that takes no writes, is rebuilt in silence; an actor without a repo is not', async () => {
  const hidden = await house.actor({ published: false })
  const closed = await house.actor({ writable: false })
  for (const actor of [hidden, closed]) {
    const before = await kindsOf(actor.id)
    expect(await rebuild(actor)).toMatchObject({ records: 0 })
    expect(await kindsOf(actor.id)).toEqual(before)
  }
  await house.db.deleteFrom('repo').where('actor_id', '=', hidden.id).execute()
  expect(await rebuild(hidden)).toBeUndefined()
})

async function repoOf(count: number, communityId = 1 as typeof elsewhere) {
  const actor = await house.actor({ communityId })
  const engine = house.engine()
  const like = { subject: { uri: 'at://did:web:x.test/a.b.c/1', cid: 'x' } }
  const writes = Array.from({ length: count }, (_, index): WriteRequest => {
    const isLike = index === 0 && count > 3
    const record = isLike ? like : { rkey: `r-${index}` }
    return { action: 'create', collection: isLike ? 'app.bsky.feed.like' : thing, rkey: `r-${index}`, record }
  })
  if (count > 0)
    await engine.apply({ actor, writes: prepareWrites({ writes, validate: false, clock: systemClock }) })
  return { actor, engine }
}

function rebuild(actor: Actor, { leaveOutUnreadable = false } = {}) {
  return rebuildRepo({ ...house, clock: systemClock }, { actor, leaveOutUnreadable })
}

/** While a worker runs the queue `stores`. */
async function working(act: () => Promise<void>): Promise<void> {
  const stop = new AbortController()
  const worker = createWorker({ db: house.db, logger: house.logger, handlers: storeHandlers(house) })
  const running = worker.run(stop.signal)
  await act()
  stop.abort()
  await running
}

/** Runs every job that would drop a store some day. */
async function sweep(): Promise<void> {
  const open = house.db.updateTable('job_outbox').where('queue', '=', 'stores').where('done_at', 'is', null)
  await open.set({ run_at: new Date(0) }).execute()
  await working(() =>
    until(async () => {
      const jobs = house.db.selectFrom('job_outbox').select('id').where('queue', '=', 'stores')
      return (await jobs.where('done_at', 'is', null).execute()).length === 0
    }),
  )
}

function storesAfter(storeId: bigint) {
  return house.db.selectFrom('record').select('store_id').distinct().where('store_id', '>', storeId).execute()
}

async function storeOf(actorId: ActorId): Promise<bigint> {
  const row = await house.db
    .selectFrom('repo')
    .select('store_id')
    .where('actor_id', '=', actorId)
    .executeTakeFirstOrThrow()
  return row.store_id
}

async function kindsOf(actorId: ActorId): Promise<number[]> {
  const rows = await house.db
    .selectFrom('event')
    .select('kind')
    .where('actor_id', '=', actorId)
    .orderBy('id')
    .execute()
  return rows.map(({ kind }) => kind)
}

async function errorOf(key: string): Promise<string | null | undefined> {
  const row = await house.db
    .selectFrom('job_outbox')
    .select('error')
    .where('key', '=', key)
    .executeTakeFirst()
  return row?.error
}
