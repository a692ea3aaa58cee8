import { randomBytes } from 'node:crypto'
import type { Digest } from '@heronry/core/cid'
import { systemClock } from '@heronry/core/clock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { create, type RepoHouse, repoHouse, write } from '../test/repo-house.ts'
import { buildCommit } from './build-commit.ts'
import { type Chain, chainOf } from './chain.ts'
import { commitChains } from './commit-statement.ts'
import { openRepo } from './open-repo.ts'
import type { RepoActor } from './repo-state.ts'
import { settleUnknown } from './settle-unknown.ts'

let house: RepoHouse
beforeAll(async () => {
  house = await repoHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test('a chain that was never carried out may be sent again; one that was has won', async () => {
  const chain = await chainFor(await house.actor())
  expect(await settleUnknown(house.db, chain)).toBe('unchanged')
  await commitChains(house.db, [chain])
  expect(await settleUnknown(house.db, chain)).toEqual({ status: 'won' })
})

test('a chain somebody has written on top of is known by its records', async () => {
  const actor = await house.actor()
  const chain = await chainFor(actor)
  await commitChains(house.db, [chain])
  await house.engine().apply({ actor, writes: create('on-top') })
  expect(await settleUnknown(house.db, chain)).toEqual({ status: 'won' })
})

test('a chain that lost to another is lost', async () => {
  const actor = await house.actor()
  const chain = await chainFor(actor)
  await house.engine().apply({ actor, writes: create('other') })
  expect(await settleUnknown(house.db, chain)).toEqual({ status: 'lost' })
})

test('a record of the same path and rev that somebody else wrote is not taken for ours', async () => {
  const actor = await house.actor()
  const chain = await chainFor(actor)
  await commitChains(house.db, [chain])
  const head = randomBytes(32) as Uint8Array as Digest
  const records = chain.records.map((record) => ({ ...record, cid: head }))
  expect(await settleUnknown(house.db, { ...chain, head, records })).toEqual({ status: 'lost' })
})

test('a chain whose every record has been written over since cannot be known', async () => {
  const actor = await house.actor()
  const chain = await chainFor(actor)
  await commitChains(house.db, [chain])
  await house.engine().apply({ actor, writes: write({ action: 'put', rkey: 'one', record: { over: true } }) })
  expect(await settleUnknown(house.db, chain)).toBe('unknowable')
})

test('a chain that only deleted, with something on top, cannot be known', async () => {
  const actor = await house.actor()
  const chain = await chainFor(actor)
  await house.engine().apply({ actor, writes: create('other') })
  const records = chain.records.map((record) => ({ ...record, cid: null, value: null }))
  const head = randomBytes(32) as Uint8Array as Digest
  expect(await settleUnknown(house.db, { ...chain, head, records })).toBe('unknowable')
  expect(await settleUnknown(house.db, { ...chain, head, records: [] })).toBe('unknowable')
})

async function chainFor(actor: RepoActor): Promise<Chain> {
  const writes = create('one')
  const query = { actorId: actor.id, keys: writes.map(({ path }) => path), backlinks: [], known: undefined }
  const opened = await openRepo(house, query)
  if (opened === undefined) throw new Error('The actor has no repo')
  const signer = await house.vault.signer(actor.id)
  const commit = buildCommit({ signer, clock: systemClock }, opened.state, { actor, writes })
  return chainOf(actor, opened.state, commit === null ? [] : [commit])
}
