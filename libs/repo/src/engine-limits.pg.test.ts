import { setImmediate as nextTurn } from 'node:timers/promises'
import { systemClock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { addKey } from '@heronry/mst/add-key'
import { emptyTree } from '@heronry/mst/tree-node'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyHistory } from '../test/history.ts'
import { create, type RepoHouse, repoHouse } from '../test/repo-house.ts'
import { until } from '../test/until.ts'
import { buildCommit } from './build-commit.ts'
import { type Chain, chainOf } from './chain.ts'
import { CommitLanes } from './commit-lanes.ts'
import { DuplicateFinder } from './duplicates.ts'
import {
  batchBytesMax,
  batchCommitsMax,
  batchReposMax,
  chainCommitsMax,
  duplicatesReplacedMax,
  laneChainsMin,
  repoQueueBytesMax,
  repoQueueMax,
} from './limits.ts'
import { openRepo } from './open-repo.ts'
import type { RepoActor } from './repo-state.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('a chain takes as many of the requests that wait as its limit, and the next the one past it', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const applied = Array.from({ length: chainCommitsMax + 1 }, (_, index) =>
    engine.apply({ actor, writes: create(`c-${index}`) }),
  )
  await Promise.all(applied)
  expect(await commitsByTransaction([actor.id])).toEqual([1, 1, chainCommitsMax])
  expect(await verifyHistory(house.db, actor)).toBe(applied.length + 1)
})

test('as many requests of one repo wait as the limit, the one past it is told to come again', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const waiting = Array.from({ length: repoQueueMax }, (_, index) =>
    engine.apply({ actor, writes: create(`w-${index}`) }),
  )
  await expect(engine.apply({ actor, writes: create('past') })).rejects.toMatchObject({
    code: 'ServiceUnavailable',
  })
  expect(await Promise.all(waiting)).toHaveLength(repoQueueMax)
})

test('a chain ends before its records are more than a statement may carry', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const text = 'x'.repeat(900_000)
  const fitting = Math.floor(batchBytesMax / 900_100)
  const applied = Array.from({ length: fitting + 1 }, (_, index) =>
    engine.apply({ actor, writes: create(`l-${index}`, { text }) }),
  )
  await Promise.all(applied)
  expect(await commitsByTransaction([actor.id])).toEqual([1, 1, fitting])
})

test('requests of one repo wait until their records have the limit of bytes', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const [write] = create('w', { text: 'x'.repeat(900_000) })
  const bytes = write?.value?.length ?? 0
  const waiting = Array.from({ length: Math.ceil(repoQueueBytesMax / bytes) }, (_, index) =>
    engine.apply({ actor, writes: create(`b-${index}`, { text: 'x'.repeat(900_000) }) }),
  )
  const past = engine.apply({ actor, writes: create('past') })
  await expect(past).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  expect(await Promise.all(waiting)).toHaveLength(waiting.length)
})

test('what one turn makes ready travels in one statement, up to the limit of repos', async () => {
  const count = batchReposMax + 1
  const actors = await Promise.all(Array.from({ length: count }, () => house.actor()))
  const chains = await Promise.all(actors.map(chainFor))
  const lanes = new CommitLanes(house)
  await Promise.all(chains.map((chain) => lanes.commit(chain)))
  const sizes = await commitsByTransaction(actors.map(({ id }) => id))
  expect(sizes).toEqual([...Array(count + 1).fill(1), batchReposMax])
})

test.each([
  [
    'commits',
    (chain: Chain) => ({ ...chain, events: Array(batchCommitsMax / 2).fill(chain.events[0]) }),
    batchCommitsMax,
  ],
  ['bytes', (chain: Chain) => ({ ...chain, size: batchBytesMax / 2 }), 2],
])('a statement takes no more than its limit of %s', async (_, heavy, together) => {
  const actors = await Promise.all(Array.from({ length: 3 }, () => house.actor()))
  const chains = await Promise.all(actors.map(chainFor))
  const lanes = new CommitLanes(house)
  await Promise.all(chains.map((chain) => lanes.commit(heavy(chain))))
  expect((await commitsByTransaction(actors.map(({ id }) => id))).at(-1)).toBe(together)
})

test('another lane opens when more chains wait than its limit', async () => {
  const actors = await Promise.all(Array.from({ length: 1 + laneChainsMin + 1 }, () => house.actor()))
  const [first, ...chains] = (await Promise.all(actors.map(chainFor))) as [Chain, ...Chain[]]
  const last = chains.pop() as Chain
  const lanes = new CommitLanes(house)
  const sent: Promise<unknown>[] = []
  await inTransaction(house.db, { name: 'hold events' }, async (tx) => {
    await sql`LOCK TABLE event IN SHARE MODE`.execute(tx)
    sent.push(lanes.commit(first))
    await until(async () => (await waitingBackends()) === 1)
    sent.push(...chains.map((chain) => lanes.commit(chain)))
    await nextTurn()
    sent.push(lanes.commit(last))
    await until(async () => (await waitingBackends()) === 2)
  })
  await Promise.all(sent)
  const sizes = await commitsByTransaction(actors.map(({ id }) => id))
  expect(sizes).toEqual([...Array(actors.length + 1).fill(1), laneChainsMin + 1])
})

async function waitingBackends(): Promise<number> {
  const { rows } = await sql`SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(house.db)
  return rows.length
}

test('a new like replaces as many earlier ones as the limit', () => {
  const backlink = { kind: 1, subject: Uint8Array.of(1) }
  const found = Array.from({ length: duplicatesReplacedMax + 1 }, (_, index) => ({
    path: `a.b.c/${index}`,
    backlink,
  }))
  const [made] = create('new')
  const root = found.reduce((tree, { path }) => addKey(tree, path, made?.cid as never), emptyTree())
  const writes = create('new').map((one) => ({ ...one, backlink }))
  expect(new DuplicateFinder(found.slice(1)).deletesFor(writes, root)).toHaveLength(duplicatesReplacedMax)
  expect(new DuplicateFinder(found).deletesFor(writes, root)).toHaveLength(duplicatesReplacedMax)
})

async function chainFor(actor: RepoActor): Promise<Chain> {
  const writes = create('one')
  const opened = await openRepo(house, {
    actorId: actor.id,
    keys: writes.map(({ path }) => path),
    backlinks: [],
    known: undefined,
  })
  if (opened === undefined) throw new Error('The actor has no repo')
  const signer = await house.vault.signer(actor.id)
  const commit = buildCommit({ signer, clock: systemClock }, opened.state, { actor, writes })
  return chainOf(actor, opened.state, commit === null ? [] : [commit])
}

/** How many #commit events each transaction wrote, ascending; an actor's genesis is one of them. */
async function commitsByTransaction(actorIds: readonly ActorId[]): Promise<number[]> {
  const rows = await house.db
    .selectFrom('event')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('actor_id', 'in', actorIds)
    .where('kind', '=', 1)
    .groupBy('xid')
    .execute()
  return rows.map(({ count }) => Number(count)).sort((left, right) => left - right)
}
