import { systemClock } from '@heronry/core/clock'
import type { ActorId } from '@heronry/core/ids'
import { addKey } from '@heronry/mst/add-key'
import { emptyTree } from '@heronry/mst/tree-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyHistory } from '../test/history.ts'
import { create, type RepoHouse, repoHouse } from '../test/repo-house.ts'
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
  lanesMax,
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
  const applied = Array.from({ length: 1 + chainCommitsMax + 1 }, (_, index) =>
    engine.apply({ actor, writes: create(`c-${index}`) }),
  )
  await Promise.all(applied)
  expect(await commitsByTransaction([actor.id])).toEqual([1, 1, 1, chainCommitsMax])
  expect(await verifyHistory(house.db, actor)).toBe(applied.length + 1)
})

test('as many requests of one repo wait as the limit, the one past it is told to come again', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const waiting = Array.from({ length: 1 + repoQueueMax }, (_, index) =>
    engine.apply({ actor, writes: create(`w-${index}`) }),
  )
  await expect(engine.apply({ actor, writes: create('past') })).rejects.toMatchObject({
    code: 'ServiceUnavailable',
  })
  expect(await Promise.all(waiting)).toHaveLength(1 + repoQueueMax)
})

test('a chain ends before its records are more than a statement may carry', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const text = 'x'.repeat(900_000)
  const fitting = Math.floor(batchBytesMax / 900_100)
  const applied = Array.from({ length: 1 + fitting + 1 }, (_, index) =>
    engine.apply({ actor, writes: create(`l-${index}`, { text }) }),
  )
  await Promise.all(applied)
  expect(await commitsByTransaction([actor.id])).toEqual([1, 1, 1, fitting])
})

test('requests of one repo wait until their records have the limit of bytes', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const [write] = create('w', { text: 'x'.repeat(900_000) })
  const bytes = write?.value?.length ?? 0
  const waiting = Array.from({ length: 1 + Math.ceil(repoQueueBytesMax / bytes) }, (_, index) =>
    engine.apply({ actor, writes: create(`b-${index}`, { text: 'x'.repeat(900_000) }) }),
  )
  const past = engine.apply({ actor, writes: create('past') })
  await expect(past).rejects.toMatchObject({ code: 'ServiceUnavailable' })
  expect(await Promise.all(waiting)).toHaveLength(waiting.length)
})

/** What opens the lanes, one after the other: one chain, and what must wait for each further one. */
const openingChains = Array.from({ length: lanesMax }, (_, lane) => lane * laneChainsMin + 1)
const openingChainsCount = openingChains.reduce((sum, count) => sum + count)

test('what queues while the lanes are taken travels in one statement, up to the limit of repos', async () => {
  const count = openingChainsCount + batchReposMax + 1
  const actors = await Promise.all(Array.from({ length: count }, () => house.actor()))
  const chains = await Promise.all(actors.map(chainFor))
  const lanes = new CommitLanes(house)
  await Promise.all(chains.map((chain) => lanes.commit(chain)))
  const sizes = await commitsByTransaction(actors.map(({ id }) => id))
  expect(sizes).toEqual([...Array(count + 1).fill(1), ...openingChains, batchReposMax])
})

test.each([
  [
    'commits',
    (chain: Chain) => ({ ...chain, events: Array(batchCommitsMax / 2).fill(chain.events[0]) }),
    batchCommitsMax,
  ],
  ['bytes', (chain: Chain) => ({ ...chain, size: batchBytesMax / 2 }), 2],
])('a statement takes no more than its limit of %s', async (_, heavy, together) => {
  const actors = await Promise.all(Array.from({ length: openingChainsCount + 3 }, () => house.actor()))
  const chains = await Promise.all(actors.map(chainFor))
  const lanes = new CommitLanes(house)
  const sent = chains.map((chain, index) => lanes.commit(index < openingChainsCount ? chain : heavy(chain)))
  await Promise.all(sent)
  const heavyOnes = actors.slice(openingChainsCount)
  expect((await commitsByTransaction(heavyOnes.map(({ id }) => id))).at(-1)).toBe(together)
})

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
