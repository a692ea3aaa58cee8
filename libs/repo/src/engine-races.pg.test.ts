import { cidString, type Digest } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { createVault } from '@heronry/vault/vault'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deafProxy } from '../test/deaf-proxy.ts'
import { commitsOf, verifyHistory } from '../test/history.ts'
import { create, elsewhere, type RepoHouse, repoHouse, write } from '../test/repo-house.ts'
import { until } from '../test/until.ts'
import { buildCommit } from './build-commit.ts'
import { chainOf } from './chain.ts'
import { CommitLanes } from './commit-lanes.ts'
import { commitChains } from './commit-statement.ts'
import { deleteRepo } from './delete-repo.ts'
import type { RepoHead } from './find-repo.ts'
import { lockRepo } from './lock-repo.ts'
import { openRepo } from './open-repo.ts'
import type { PreparedWrite } from './prepared-write.ts'
import type { RepoActor } from './repo-state.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('four processes that write the same repos at once lose no write and fork no history, and another community is not touched', async () => {
  const bystander = await house.actor({ communityId: elsewhere })
  await house.engine().apply({ actor: bystander, writes: [...create('a'), ...create('b')] })
  const untouched = await everythingOf(bystander)
  const actors = await Promise.all([1, 2, 3, 4, 5].map(() => house.actor()))
  const engines = [1, 2, 3, 4].map(() => house.engine())
  const writes = engines.flatMap((engine, process) =>
    actors.flatMap((actor) =>
      Array.from({ length: 15 }, (_, index) =>
        engine.apply({ actor, writes: create(`p${process}-${index}`) }),
      ),
    ),
  )
  const answers = await Promise.all(writes)
  expect(new Set(answers.map(({ commit }) => cidString(commit?.cid as Digest))).size).toBe(300)
  for (const actor of actors) expect(await verifyHistory(house.db, actor)).toBe(61)
  expect(await everythingOf(bystander)).toEqual(untouched)
})

test('a write whose account is deleted after its repo was read is told that there is no repo', async () => {
  const actor = await house.actor()
  const vault = createVault({ db: house.db, keyEncryptionKeys: [{ id: 'test', key: house.kek }] })
  const deleting = {
    async signer(id: ActorId) {
      await inTransaction(house.db, { name: 'delete account' }, async (tx) => {
        await deleteRepo(tx, (await lockRepo(tx, id)) as RepoHead)
        await vault.discard(tx, id)
      })
      return vault.signer(id)
    },
  }
  const engine = house.engine({ vault: deleting })
  await expect(engine.apply({ actor, writes: create('late') })).rejects.toMatchObject({
    code: 'RepoNotFound',
  })
})

test('a repo whose key is missing is a fault, and no repo that is not there', async () => {
  const actor = await house.actor()
  await inTransaction(house.db, { name: 'lose a key' }, (tx) => house.vault.discard(tx, actor.id))
  await expect(house.engine().apply({ actor, writes: create('one') })).rejects.toThrow('has no signing key')
})

test('of many that create the same record at once exactly one does', async () => {
  const actor = await house.actor()
  const engines = [1, 2, 3, 4].map(() => house.engine())
  const results = await Promise.allSettled(
    engines.map((engine) => engine.apply({ actor, writes: create('one') })),
  )
  const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason.code)
  expect(refused).toEqual(['RecordAlreadyExists', 'RecordAlreadyExists', 'RecordAlreadyExists'])
  expect(await verifyHistory(house.db, actor)).toBe(2)
})

test('a commit which loses the swap leaves no event, no record and no node', async () => {
  const actor = await house.actor()
  const stale = await chainFor(actor, create('stale'))
  await house.engine().apply({ actor, writes: create('first') })
  const before = await everythingOf(actor)
  expect(await commitChains(house.db, [stale])).toEqual([{ status: 'lost' }])
  expect(await everythingOf(actor)).toEqual(before)
  expect(await verifyHistory(house.db, actor)).toBe(2)
})

test('a locked repo is skipped, and the repos beside it are committed', async () => {
  const [locked, free] = [await house.actor(), await house.actor()]
  const chains = [await chainFor(locked, create('a')), await chainFor(free, create('a'))]
  await inTransaction(house.db, { name: 'hold' }, async (tx) => {
    await tx.selectFrom('repo').select('head').where('actor_id', '=', locked.id).forNoKeyUpdate().execute()
    const outcomes = await commitChains(house.db, chains)
    expect(outcomes).toEqual([{ status: 'lost' }, { status: 'won' }])
  })
  expect(await verifyHistory(house.db, free)).toBe(2)
  expect(await verifyHistory(house.db, locked)).toBe(1)
})

test('a repo that stays locked is given up after a while, its neighbour is written meanwhile, and once free it takes writes again', async () => {
  const [locked, free] = [await house.actor(), await house.actor()]
  const engine = house.engine({ retryMsMax: 150 })
  await inTransaction(house.db, { name: 'hold' }, async (tx) => {
    await tx.selectFrom('repo').select('head').where('actor_id', '=', locked.id).forNoKeyUpdate().execute()
    const refused = engine.apply({ actor: locked, writes: create('a') })
    await engine.apply({ actor: free, writes: create('a') })
    await expect(refused).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  })
  await engine.apply({ actor: locked, writes: create('a') })
  expect(await verifyHistory(house.db, locked)).toBe(2)
})

test('a statement that fails for one repo fails for that one alone', async () => {
  const [broken, fine] = [await house.actor(), await house.actor()]
  const chain = await chainFor(broken, create('a'))
  const bad = { ...chain, records: chain.records.map((record) => ({ ...record, path: 'a\0b' })) }
  const lanes = new CommitLanes({ db: house.db, logger: house.logger })
  const good = await chainFor(fine, create('a'))
  const fill = await Promise.all([1, 2, 3].map(async () => chainFor(await house.actor(), create('a'))))
  const first = fill.map((one) => lanes.commit(one))
  const outcomes = await Promise.allSettled([lanes.commit(bad), lanes.commit(good), ...first])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(4).fill('fulfilled')])
  expect(await verifyHistory(house.db, fine)).toBe(2)
  expect(await verifyHistory(house.db, broken)).toBe(1)
})

test('a backend that is killed in the middle of a commit costs no write and doubles none', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  await engine.apply({ actor, writes: create('before') })
  const hold = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const holder = inTransaction(house.db, { name: 'hold events' }, async (tx) => {
    await sql`LOCK TABLE event IN SHARE MODE`.execute(tx)
    held.resolve()
    await hold.promise
  })
  await held.promise
  const writing = engine.apply({ actor, writes: create('during') })
  await until(async () => (await terminateWaiting(house.db)) > 0).finally(hold.resolve)
  await holder
  const { commit } = await writing
  expect(house.lines.join()).toContain('connection lost with commits in flight')
  expect((await commitsOf(house.db, actor.id)).at(-1)?.commit.toString()).toBe(
    cidString(commit?.cid as Digest),
  )
  expect(await verifyHistory(house.db, actor)).toBe(3)
})

test.each([
  ['create', () => create('deaf')],
  ['delete', () => write({ action: 'delete', rkey: 'before' })],
])('a %s whose answer is lost is acknowledged once, by the head', async (_, writes) => {
  await using proxy = await deafProxy(house.url)
  const actor = await house.actor()
  const engine = house.engine({ url: proxy.url })
  await engine.apply({ actor, writes: create('before') })
  proxy.holdNextCommit()
  const writing = engine.apply({ actor, writes: writes() })
  await until(async () => proxy.holds)
  proxy.cut()
  const { commit } = await writing
  const commits = await commitsOf(house.db, actor.id)
  expect(commits.at(-1)?.commit.toString()).toBe(cidString(commit?.cid as Digest))
  expect(await verifyHistory(house.db, actor)).toBe(3)
})

test('a repo whose commit is not known of, because its row is held, holds up no other', async () => {
  await using proxy = await deafProxy(house.url)
  const [held, free] = [await house.actor(), await house.actor()]
  const engine = house.engine({ url: proxy.url })
  await engine.apply({ actor: held, writes: create('before') })
  proxy.holdNextCommit()
  const writing = engine.apply({ actor: held, writes: create('deaf') })
  await until(async () => proxy.holds)
  await inTransaction(house.db, { name: 'hold' }, async (tx) => {
    await tx.selectFrom('repo').select('head').where('actor_id', '=', held.id).forNoKeyUpdate().execute()
    proxy.cut()
    await until(async () => house.lines.join().includes('connection lost with commits in flight'))
    for (const rkey of ['a', 'b', 'c']) await engine.apply({ actor: free, writes: create(rkey) })
  })
  expect((await writing).commit).not.toBeNull()
  expect(await verifyHistory(house.db, held)).toBe(3)
})

test('a commit whose answer is lost, and on which another process has built since, is acknowledged too', async () => {
  await using proxy = await deafProxy(house.url)
  const actor = await house.actor()
  const engine = house.engine({ url: proxy.url })
  await engine.apply({ actor, writes: create('before') })
  proxy.holdNextCommit()
  const writing = engine.apply({ actor, writes: create('deaf') })
  await until(async () => proxy.holds)
  await house.engine().apply({ actor, writes: create('on-top') })
  proxy.cut()
  expect((await writing).commit).not.toBeNull()
  expect(await verifyHistory(house.db, actor)).toBe(4)
})

test('a status change that takes the row lock is not followed by a commit', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const storm = Array.from({ length: 60 }, (_, index) =>
    engine.apply({ actor, writes: create(`s-${index}`) }),
  )
  await until(async () => (await commitsOf(house.db, actor.id)).length > 1)
  const last = await inTransaction(house.db, { name: 'deactivate' }, async (tx) => {
    await tx.updateTable('repo').set({ writable: false }).where('actor_id', '=', actor.id).execute()
    return (await sql<{ id: bigint }>`SELECT nextval('event_id') AS id`.execute(tx)).rows[0]?.id as bigint
  })
  const settled = await Promise.allSettled(storm)
  const after = await house.db
    .selectFrom('event')
    .select('id')
    .where('actor_id', '=', actor.id)
    .where('id', '>', last)
    .execute()
  expect(after).toEqual([])
  const acknowledged = settled.filter(({ status }) => status === 'fulfilled').length
  expect(await verifyHistory(house.db, actor)).toBe(acknowledged + 1)
})

async function chainFor(actor: RepoActor, writes: readonly PreparedWrite[]) {
  const keys = writes.map(({ path }) => path)
  const opened = await openRepo(house, { actorId: actor.id, keys, backlinks: [], known: undefined })
  if (opened === undefined) throw new Error('The actor has no repo')
  const signer = await house.vault.signer(actor.id)
  const commit = buildCommit({ signer, clock: systemClock }, opened.state, { actor, writes })
  return chainOf(actor, opened.state, commit === null ? [] : [commit])
}

/** Ends the backends that wait for a lock in a commit statement; returns how many. */
async function terminateWaiting(db: Database): Promise<number> {
  const { rows } = await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%WITH c AS MATERIALIZED%'`.execute(
    db,
  )
  return rows.length
}

/** Every row an actor has, as text. */
async function everythingOf(actor: RepoActor): Promise<unknown> {
  const store = sql`(SELECT store_id FROM repo WHERE actor_id = ${actor.id})`
  const { rows } = await sql`
    SELECT repo::text FROM repo WHERE actor_id = ${actor.id}
    UNION ALL SELECT record::text FROM record WHERE store_id = ${store}
    UNION ALL SELECT mst_node::text FROM mst_node WHERE store_id = ${store}
    UNION ALL SELECT id::text FROM event WHERE actor_id = ${actor.id} ORDER BY 1`.execute(house.db)
  return rows
}
