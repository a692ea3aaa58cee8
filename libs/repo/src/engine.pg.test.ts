import { cidString, type Digest, sha256 } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { HeronryError } from '@heronry/core/error'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitsOf, verifyHistory } from '../test/history.ts'
import { create, elsewhere, type RepoHouse, repoHouse, thing, write } from '../test/repo-house.ts'
import { treeMeasureTurns } from './limits.ts'
import { prepareWrites } from './prepare-writes.ts'
import type { RepoActor } from './repo-state.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('commits follow one another, invert to the tree before, and end at the root the reference makes of the records', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  for (let index = 0; index < 40; index++) {
    if (index % 7 === 0) engine.drop()
    await engine.apply({ actor, writes: create(`key-${index}`) })
    if (index % 3 === 0)
      await engine.apply({ actor, writes: write({ action: 'put', rkey: `key-${index}`, record: { index } }) })
    if (index % 4 === 3)
      await engine.apply({ actor, writes: write({ action: 'delete', rkey: `key-${index - 2}` }) })
  }
  expect(await verifyHistory(house.db, actor)).toBe(1 + 40 + 14 + 10)
})

test('two hundred writes are one commit, and the last of them is told', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const writes = Array.from({ length: 200 }, (_, index) => create(`many-${index}`)).flat()
  const { commit, results } = await engine.apply({ actor, writes })
  expect(results).toHaveLength(200)
  const deletes = writes.slice(0, 199).flatMap(({ rkey }) => write({ action: 'delete', rkey }))
  await engine.apply({ actor, writes: deletes })
  const [, first] = await commitsOf(house.db, actor.id)
  expect(first?.commit.toString()).toBe(cidString(commit?.cid as Digest))
  expect(await verifyHistory(house.db, actor)).toBe(3)
})

test('requests of one repo that queue together are commits of their own, in their order', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => engine.apply({ actor, writes: create(`q-${index}`) })),
  )
  expect(new Set(answers.map(({ commit }) => commit?.rev)).size).toBe(50)
  const commits = await commitsOf(house.db, actor.id)
  expect(commits.slice(1).map(({ ops }) => ops[0]?.path)).toEqual(
    answers.map(({ results }) => results[0]?.path),
  )
  expect(await verifyHistory(house.db, actor)).toBe(51)
})

test('a path that is written twice in one request is one op', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  await engine.apply({ actor, writes: create('twice') })
  await engine.apply({
    actor,
    writes: [
      ...write({ action: 'update', rkey: 'twice', record: { turn: 1 } }),
      ...write({ action: 'update', rkey: 'twice', record: { turn: 2 } }),
      ...create('fleeting'),
      ...write({ action: 'delete', rkey: 'fleeting' }),
    ],
  })
  const commits = await commitsOf(house.db, actor.id)
  expect(commits.at(-1)?.ops.map(({ action, path }) => [action, path])).toEqual([
    ['update', `${thing}/twice`],
  ])
  expect(await verifyHistory(house.db, actor)).toBe(3)
})

test('what must not happen is refused by name, and the requests beside it go on', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const { commit } = await engine.apply({ actor, writes: create('taken') })
  const wrong = sha256(Uint8Array.of(1))
  const results = await Promise.allSettled([
    engine.apply({ actor, writes: create('taken') }),
    engine.apply({ actor, writes: write({ action: 'update', rkey: 'absent' }) }),
    engine.apply({ actor, writes: create('fine') }),
    engine.apply({ actor, writes: write({ action: 'delete', rkey: 'absent' }) }),
    engine.apply({ actor, writes: create('late'), swapCommit: wrong }),
    engine.apply({ actor, writes: write({ action: 'put', rkey: 'taken', swapRecord: wrong }) }),
    engine.apply({ actor, writes: write({ action: 'put', rkey: 'taken', swapRecord: null }) }),
    engine.apply({ actor, writes: write({ action: 'put', rkey: 'absent', swapRecord: wrong }) }),
  ])
  const now = await house.db
    .selectFrom('repo')
    .select('head')
    .where('actor_id', '=', actor.id)
    .executeTakeFirstOrThrow()
  const taken = cidString(create('taken')[0]?.cid as Digest)
  expect(
    results.map((result) =>
      result.status === 'fulfilled' ? 'fine' : [result.reason.code, result.reason.message],
    ),
  ).toEqual([
    ['RecordAlreadyExists', 'Record already exists'],
    ['RecordNotFound', 'Could not locate record'],
    'fine',
    ['RecordNotFound', 'Could not locate record'],
    ['InvalidSwap', `Commit was at ${cidString(now.head as Digest)}`],
    ['InvalidSwap', `Record was at ${taken}`],
    ['InvalidSwap', `Record was at ${taken}`],
    ['InvalidSwap', 'Record was at null'],
  ])
  await expect(engine.apply({ actor, writes: create('late'), swapCommit: commit?.cid })).rejects.toThrow(
    'Commit was at',
  )
  await engine.apply({ actor, writes: create('in-time'), swapCommit: now.head as Digest })
  expect(await verifyHistory(house.db, actor)).toBe(4)
})

test('a write that changes nothing is no commit; an empty request is an empty one', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  await engine.apply({ actor, writes: create('same') })
  const put = write({ action: 'put', rkey: 'same', record: { rkey: 'same' } })
  expect((await engine.apply({ actor, writes: put })).commit).toBeNull()
  const gone = write({ action: 'delete', rkey: 'absent', missing: 'ignore' })
  expect((await engine.apply({ actor, writes: gone })).commit).toBeNull()
  expect((await engine.apply({ actor, writes: [] })).commit).not.toBeNull()
  expect(await verifyHistory(house.db, actor)).toBe(3)
})

test('no refusal is given from memory that another process has outdated', async () => {
  const [here, there] = [house.engine(), house.engine()]
  const actor = await house.actor()
  await here.apply({ actor, writes: create('a') })
  await there.apply({ actor, writes: write({ action: 'delete', rkey: 'a' }) })
  await here.apply({ actor, writes: create('a') })
  await there.apply({ actor, writes: create('b') })
  await expect(here.apply({ actor, writes: create('b') })).rejects.toMatchObject({
    code: 'RecordAlreadyExists',
  })
  await here.apply({ actor, writes: write({ action: 'update', rkey: 'b', record: { by: 'here' } }) })
  expect(await verifyHistory(house.db, actor)).toBe(6)
})

test('revs grow although the clock is set back', async () => {
  let now = 2_000_000_000_000
  const engine = house.engine({ clock: { now: () => now } })
  const actor = await house.actor({ clock: { now: () => now } })
  await engine.apply({ actor, writes: create('before') })
  now -= 1_000_000_000
  for (const rkey of ['after', 'after-that']) await engine.apply({ actor, writes: create(rkey) })
  expect(await verifyHistory(house.db, actor)).toBe(4)
})

test('an unpublished repo is written in silence', async () => {
  const actor = await house.actor({ published: false })
  const { commit } = await house.engine().apply({ actor, writes: create('quiet') })
  expect(commit).not.toBeNull()
  expect(await commitsOf(house.db, actor.id)).toEqual([])
})

test('a repo that takes no writes refuses them, also an engine that remembers it otherwise', async () => {
  const actor = await house.actor()
  const notWritable = async ({ did }: RepoActor) =>
    new HeronryError('AccountDeactivated', `${did} is deactivated`)
  const engine = house.engine({ notWritable })
  await engine.apply({ actor, writes: create('a') })
  await house.db.updateTable('repo').set({ writable: false }).where('actor_id', '=', actor.id).execute()
  await expect(engine.apply({ actor, writes: create('b') })).rejects.toMatchObject({
    code: 'AccountDeactivated',
  })
  await expect(engine.apply({ actor, writes: create('a') })).rejects.toMatchObject({
    code: 'AccountDeactivated',
  })
  await expect(house.engine().apply({ actor, writes: create('b') })).rejects.toMatchObject({
    code: 'Forbidden',
  })
  expect(await verifyHistory(house.db, actor)).toBe(2)
})

test('an actor without a repo is told so', async () => {
  const actor = { ...(await house.actor()), id: 9999n as never }
  await expect(house.engine().apply({ actor, writes: create('a') })).rejects.toMatchObject({
    code: 'RepoNotFound',
  })
})

test('a request too large to be announced is refused', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const writes = [1, 2, 3].flatMap((part) => create(`big-${part}`, { text: 'x'.repeat(900_000) }))
  await expect(engine.apply({ actor, writes })).rejects.toThrow('Too many writes. Max event size: 2MB')
  await engine.apply({ actor, writes: writes.slice(0, 2) })
  expect(await verifyHistory(house.db, actor)).toBe(2)
})

test('a like replaces the earlier likes of its subject, also one that is on its way with it', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const other = await house.actor({ communityId: elsewhere })
  await engine.apply({ actor: other, writes: like('post-a'), replaceDuplicates: true })
  await engine.apply({ actor, writes: like('post-a') })
  await engine.apply({ actor, writes: like('post-b') })
  await Promise.all(
    [1, 2, 3].map(() => engine.apply({ actor, writes: like('post-a'), replaceDuplicates: true })),
  )
  expect(await countRecords(actor)).toBe(2)
  expect(await countRecords(other)).toBe(1)
  const last = (await commitsOf(house.db, actor.id)).at(-1)
  expect(last?.ops.map(({ action }) => action)).toEqual(['delete', 'create'])
  expect(await verifyHistory(house.db, actor)).toBe(6)
})

test('a like is not refused for one that another process has deleted', async () => {
  const [here, there] = [house.engine(), house.engine()]
  const actor = await house.actor()
  const writes = like('post-c')
  await here.apply({ actor, writes, replaceDuplicates: true })
  const deletes = writes.flatMap(({ collection, rkey }) => write({ action: 'delete', collection, rkey }))
  await there.apply({ actor, writes: deletes })
  await here.apply({ actor, writes, replaceDuplicates: true })
  expect(await verifyHistory(house.db, actor)).toBe(4)
})

test('stored nodes that are damaged, lost or too many are rebuilt from the records, and the log says so', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  const writes = Array.from({ length: 150 }, (_, index) => create(`node-${index}`)).flat()
  await engine.apply({ actor, writes })
  const store = sql`(SELECT store_id FROM repo WHERE actor_id = ${actor.id})`
  const damages = [
    sql`UPDATE mst_node SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE store_id = ${store}`,
    sql`DELETE FROM mst_node WHERE store_id = ${store}`,
    sql`INSERT INTO mst_node SELECT store_id, 17, '', cid, body FROM mst_node WHERE store_id = ${store} LIMIT 1`,
  ]
  for (const [index, damage] of damages.entries()) {
    await damage.execute(house.db)
    engine.drop()
    house.lines.length = 0
    await engine.apply({ actor, writes: create(`after-${index}`) })
    expect(house.lines.join()).toContain('rebuilding')
  }
  expect(await verifyHistory(house.db, actor)).toBe(5)
})

test('records that do not make the root are reported, not papered over', async () => {
  const engine = house.engine()
  const actor = await house.actor()
  await engine.apply({ actor, writes: Array.from({ length: 30 }, (_, index) => create(`r-${index}`)).flat() })
  await sql`DELETE FROM record WHERE path = ${`${thing}/r-7`}`.execute(house.db)
  engine.drop()
  await expect(engine.apply({ actor, writes: create('r-7x') })).rejects.toThrow('make the tree')
})

test('a repo whose tree takes more memory than its share is not remembered', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  await engine.apply({ actor, writes: create('a') })
  const atLimit = engine.cacheBytes
  for (const [repoBytesMax, remembered] of [
    [atLimit, atLimit],
    [atLimit - 1, 0],
  ] as const) {
    const bounded = house.engine({ repoBytesMax })
    await bounded.apply({ actor, writes: write({ action: 'put', rkey: 'a', record: { repoBytesMax } }) })
    expect(bounded.cacheBytes).toBe(remembered)
  }
})

test('a tree that is only written to is measured again after as many turns as the limit, and no earlier', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  const counted: number[] = []
  for (let turn = 0; turn <= treeMeasureTurns; turn++) {
    await engine.apply({ actor, writes: create(`t-${turn}`) })
    counted.push(engine.cacheBytes)
  }
  const [first] = counted as [number]
  expect(counted.slice(0, treeMeasureTurns)).toEqual(Array(treeMeasureTurns).fill(first))
  expect(counted[treeMeasureTurns]).toBeGreaterThan(first)
})

test('what is loaded for writes that come to nothing counts too', async () => {
  const actor = await house.actor()
  const engine = house.engine()
  await engine.apply({
    actor,
    writes: Array.from({ length: 200 }, (_, index) => create(`n-${index}`)).flat(),
  })
  engine.drop()
  const counted: number[] = []
  for (const rkey of ['n-0', 'n-199']) {
    await engine.apply({ actor, writes: write({ action: 'delete', rkey: `${rkey}x`, missing: 'ignore' }) })
    counted.push(engine.cacheBytes)
  }
  expect(counted[1]).toBeGreaterThan(counted[0] as number)
})

test('the memory of trees is bounded, and writing goes on without any', async () => {
  const engine = house.engine({ cacheBytesMax: 20_000 })
  const actors = await Promise.all([1, 2, 3, 4].map(() => house.actor()))
  for (let round = 0; round < 3; round++) {
    for (const actor of actors) {
      const writes = Array.from({ length: 20 }, (_, index) => create(`m-${round}-${index}`)).flat()
      await engine.apply({ actor, writes })
      expect(engine.cacheBytes).toBeLessThanOrEqual(20_000)
    }
  }
  for (const actor of actors) expect(await verifyHistory(house.db, actor)).toBe(4)
})

function like(rkey: string) {
  const uri = `at://did:web:somebody.test/app.bsky.feed.post/${rkey}`
  const record = {
    subject: { uri, cid: cidString(sha256(Uint8Array.of(1))) },
    createdAt: '2026-11-21T11:00:00Z',
  }
  return prepareWrites({
    writes: [{ action: 'create', collection: 'app.bsky.feed.like', record }],
    validate: undefined,
    clock: systemClock,
  })
}

async function countRecords(actor: RepoActor): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`SELECT count(*) FROM record
    WHERE store_id = (SELECT store_id FROM repo WHERE actor_id = ${actor.id})`.execute(house.db)
  return Number(rows[0]?.count)
}
