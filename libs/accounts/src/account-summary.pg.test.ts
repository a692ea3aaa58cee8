import type { CommunityId } from '@heronry/core/ids'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findAccount, listAccounts } from './account-summary.ts'
import { countAccounts } from './count-accounts.ts'

const herons = 1 as CommunityId
const storks = 2 as CommunityId
const later = new Date(Date.now() + 3_600_000)
const past = new Date(Date.now() - 3_600_000)

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await insert(herons, 'ada')
  await insert(herons, 'bea', { deactivated_at: past })
  await insert(herons, 'cid', { suspended_until: later, deactivated_at: past })
  await insert(herons, 'dan', { suspended_until: later, takedown_ref: 'x' })
  await insert(herons, 'eve', { suspended_until: past })
  await insert(storks, 'ada')
})
afterAll(() => database[Symbol.asyncDispose]())

test('accounts are counted by their one status, a suspension that is over not at all', async () => {
  const counts = { total: 5, active: 2, deactivated: 1, suspended: 1, takendown: 1 }
  expect(await countAccounts(database.db, herons)).toEqual(counts)
  expect((await countAccounts(database.db, storks)).total).toBe(1)
})

test('pages hold every account of the community once, and say what each is', async () => {
  const { db } = database
  const first = await listAccounts(db, { communityId: herons, limit: 3 })
  const rest = await listAccounts(db, { communityId: herons, limit: 3, after: first.cursor })
  const seen = [...first.accounts, ...rest.accounts].map(({ handle, status }) => [handle, status]).sort()
  expect(seen).toEqual([
    ['ada.1.test', 'active'],
    ['bea.1.test', 'deactivated'],
    ['cid.1.test', 'suspended'],
    ['dan.1.test', 'takendown'],
    ['eve.1.test', 'active'],
  ])
  expect(rest.cursor).toBeUndefined()
  await expect(listAccounts(db, { communityId: herons, limit: 3, after: 'x' })).rejects.toThrow('cursor')
})

test('an account is found by DID, handle and address in its own community alone', async () => {
  const find = (name: string) => findAccount(database.db, { communityId: herons, name })
  for (const name of ['did:web:ada.1.test', 'ADA.1.test', 'ADA@1.example']) {
    expect(await find(name)).toMatchObject({ did: 'did:web:ada.1.test', email: 'Ada@1.example' })
  }
  for (const name of ['did:web:ada.2.test', 'ada.2.test', 'ada@2.example', '']) {
    expect(await find(name)).toBeUndefined()
  }
})

async function insert(community_id: CommunityId, name: string, state: object = {}): Promise<void> {
  const host = `${name}.${community_id}.test`
  const { id } = await database.db
    .insertInto('actor')
    .values({ community_id, did: `did:web:${host}`, handle: host, ...state })
    .returning('id')
    .executeTakeFirstOrThrow()
  const email = `${name[0]?.toUpperCase()}${name.slice(1)}@${community_id}.example`
  await database.db
    .insertInto('account')
    .values({ actor_id: id, community_id, email, password: 'scrypt' })
    .execute()
}
