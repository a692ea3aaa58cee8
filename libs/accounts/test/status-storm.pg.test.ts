import { decode } from '@atproto/lex-cbor'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { eventKinds } from '@heronry/events/event'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commitsOf } from '../../repo/test/history.ts'
import { until } from '../../repo/test/until.ts'
import { Writers } from '../../repo/test/writers.ts'
import type { Actor } from '../src/actor.ts'
import { createAccount } from '../src/create-account.ts'
import { deleteAccount } from '../src/delete-account.ts'
import { type StatusChange, setStatus } from '../src/set-status.ts'
import { type SignUpHouse, signUpHouse, someone } from './sign-up-house.ts'

const soak = process.env['HERONRY_SOAK'] !== undefined
const changesPerActor = soak ? 400 : 8

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const changes: StatusChange[] = [
  { deactivated: { deleteAfter: null } },
  { deactivated: false },
  { takedownRef: 'mod-1' },
  { deactivated: { deleteAfter: null } },
  { takedownRef: null },
  { deactivated: false },
  { suspendedUntil: new Date(Date.now() + 3_600_000) },
  { suspendedUntil: null },
]

test(
  'in a storm of writes from three processes no commit comes after the #account that forbids it, and none is acknowledged that did not',
  async () => {
    const actors = await Promise.all([1, 2, 3].map(() => newActor()))
    await using writers = new Writers({
      url: house.url,
      kek: house.kek,
      actors,
      processes: 3,
      rounds: changesPerActor * 12,
      seed: 7,
    })
    await writers.start()
    await Promise.all(actors.map((actor) => change(actor, writers)))
    const told = await writers.finished()
    for (const actor of actors) {
      const seen = await accountStates(house.db, actor.id)
      expect(seen.commitsWhileInactive).toEqual([])
      expect(seen.states.at(-1)).toBe('deleted')
      expect(seen.states).toEqual(expect.arrayContaining(['active', 'deactivated', 'suspended', 'takendown']))
      const commits = (await commitsOf(house.db, actor.id)).map(({ commit }) => commit.toString())
      const acknowledged = told
        .filter((one) => one.actor === String(actor.id))
        .flatMap(({ cid }) => cid ?? [])
      expect(acknowledged.toSorted()).toEqual(commits.slice(1).sort())
    }
    const codes = new Set(told.flatMap(({ code }) => code ?? []))
    expect([...codes].sort()).toEqual(['Forbidden', 'RepoNotFound'])
  },
  soak ? 600_000 : 60_000,
)

/** One change after the other, each after some writes; the last is the deletion. */
async function change(actor: Actor, writers: Writers): Promise<void> {
  const { db, clock, vault } = house.deps
  const answers = () => writers.told.filter((one) => one.actor === String(actor.id))
  for (let index = 0; index < changesPerActor; index++) {
    const before = answers().length
    await until(async () => answers().length >= before + 3, 20_000)
    await setStatus({ db, clock }, { actorId: actor.id, change: changes[index % changes.length] ?? {} })
  }
  expect(await deleteAccount({ db, clock, vault }, actor.id)).toBe(true)
}

async function newActor(): Promise<Actor> {
  return (await createAccount(house.deps, someone(house.here))).actor
}

/** An actor's events as the sequencer numbers them: what status each #account tells, and which commits come while it tells an inactive one. */
async function accountStates(db: Database, actorId: ActorId) {
  const rows = await db
    .selectFrom('event')
    .select(['id', 'kind', 'body', 'seq_at'])
    .where('actor_id', '=', actorId)
    .orderBy('id')
    .execute()
  const states: string[] = []
  const commitsWhileInactive: bigint[] = []
  for (const { id, kind, body, seq_at } of rows) {
    if (kind === eventKinds.account || kind === eventKinds.deletion) {
      const bytes = Buffer.concat([body.subarray(0, seq_at), Uint8Array.of(0), body.subarray(seq_at)])
      const { active, status } = decode(bytes) as { active: boolean; status?: string }
      states.push(active ? 'active' : (status ?? 'inactive'))
    }
    if (kind === eventKinds.commit && states.at(-1) !== 'active') commitsWhileInactive.push(id)
  }
  return { states, commitsWhileInactive }
}
