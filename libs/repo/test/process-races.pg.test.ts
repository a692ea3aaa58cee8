import { setTimeout as delay } from 'node:timers/promises'
import type { Digest } from '@heronry/core/cid'
import { cidString } from '@heronry/core/cid'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitsOf, verifyHistory } from './history.ts'
import { elsewhere, type RepoHouse, repoHouse, thing } from './repo-house.ts'
import { until } from './until.ts'
import { Writers, type Written } from './writers.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
const rounds = soak ? 40 : 1
const timeoutMs = soak ? 1_200_000 : 60_000

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

type Actor = Awaited<ReturnType<RepoHouse['actor']>>

test(
  'four processes with clocks of their own that contend for fifty repos lose no write, fork no history, and leave the nodes of a rebuild',
  async () => {
    const actors = await actorsOf(50)
    await using writers = writersOf(actors, { seed: 1, rounds })
    await writers.start()
    const told = await writers.finished()
    expect(told.filter(({ code }) => code !== undefined)).toEqual([])
    expect(told).toHaveLength(4 * 2 * rounds * actors.length)
    for (const actor of actors) await expectExactly(actor, told)
  },
  timeoutMs,
)

test(
  'backends that are ended while four processes write cost no acknowledged write and double none',
  async () => {
    const actors = await actorsOf(10)
    await using writers = writersOf(actors, { seed: 100, rounds: rounds * 3 })
    await writers.start()
    const wanted = 4 * 2 * rounds * 3 * actors.length
    let ended = 0
    const done = writers.finished()
    await until(async () => writers.told.length > wanted / 20)
    while (writers.told.length < wanted * 0.8) {
      ended += await endWriting(house.db)
      await delay(5)
    }
    const told = await done
    expect(ended).toBeGreaterThan(5)
    const codes = new Set(told.flatMap(({ code }) => code ?? []))
    expect([...codes].filter((code) => code !== 'ServiceUnavailable')).toEqual([])
    for (const actor of actors) await expectAtLeast(actor, told)
  },
  timeoutMs,
)

function actorsOf(count: number): Promise<Actor[]> {
  // Every other one is of the second community.
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      house.actor(index % 2 === 0 ? {} : { communityId: elsewhere }),
    ),
  )
}

function writersOf(actors: readonly Actor[], options: { seed: number; rounds: number }): Writers {
  return new Writers({ url: house.url, kek: house.kek, actors, processes: 4, ...options })
}

/** The history is a line, the tables are its end, and its commits are exactly those that were acknowledged. */
async function expectExactly(actor: Actor, told: readonly Written[]): Promise<void> {
  const acknowledged = await expectAtLeast(actor, told)
  expect(await commitsOf(house.db, actor.id)).toHaveLength(1 + acknowledged)
}

/** As `expectExactly`, but a request that was told nothing certain may be a commit, too. Returns the number of acknowledged ones. */
async function expectAtLeast(actor: Actor, told: readonly Written[]): Promise<number> {
  await verifyHistory(house.db, actor)
  const commits = (await commitsOf(house.db, actor.id)).map(({ commit }) => commit.toString())
  const own = told.filter((one) => one.actor === String(actor.id))
  const acknowledged = own.flatMap(({ cid }) => cid ?? [])
  expect(new Set(commits).size).toBe(commits.length)
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect(acknowledged.filter((cid) => !commits.includes(cid))).toEqual([])
  const unsure = own.filter(({ code }) => code !== undefined)
  expect(commits.length).toBeLessThanOrEqual(1 + acknowledged.length + unsure.length)
  await expectRecords(actor, own)
  return acknowledged.length
}

/** The record that each acknowledged request created is there, once; what is there else was asked for. */
async function expectRecords(actor: Actor, own: readonly Written[]): Promise<void> {
  const rows = await house.db
    .selectFrom('record')
    .innerJoin('repo', 'repo.store_id', 'record.store_id')
    .select(['path', 'cid'])
    .where('repo.actor_id', '=', actor.id)
    .execute()
  const there = new Map(rows.map(({ path, cid }) => [path, cidString(cid as Digest)]))
  for (const { name, cid } of own) if (cid) expect(there.has(`${thing}/${name}`), name).toBe(true)
  const asked = new Set(own.map(({ name }) => `${thing}/${name}`))
  expect([...there.keys()].filter((path) => !asked.has(path) && !path.includes('/shared-'))).toEqual([])
}

/** Ends the backends that carry out a commit statement at this moment; returns how many. */
async function endWriting(db: Database): Promise<number> {
  const { rows } = await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'writer' AND state = 'active'
      AND query LIKE '%WITH c AS MATERIALIZED%'`.execute(db)
  return rows.length
}
