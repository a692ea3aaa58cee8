import type { Community } from '@heronry/communities/community'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { accountInviteCodes } from './account-invite-codes.ts'
import type { Actor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { disableInviteCodes, setInvitesDisabled } from './disable-invites.ts'

const day = 86_400_000

let house: SignUpHouse
let there: Community
let actor: Actor
let now: number

beforeAll(async () => {
  house = await signUpHouse()
  const { settings } = house.there
  there = { ...house.there, settings: { ...settings, inviteIntervalMs: day } }
})
afterAll(() => house[Symbol.asyncDispose]())
beforeEach(async () => {
  actor = await newMember()
  now = actor.createdAt.getTime() + 2 * day
})

test('an account takes the codes that it has earned, each once, of one use', async () => {
  const codes = await mine()
  expect(codes).toHaveLength(2)
  for (const code of codes) {
    expect(code).toMatchObject({
      available: 1,
      disabled: false,
      forAccount: actor.did,
      createdBy: actor.did,
      uses: [],
    })
    expect(code.code).toMatch(/^there-example-com-[a-z2-7]{5}-[a-z2-7]{5}$/)
    expect(code.createdAt).toBe(new Date(now).toISOString())
  }
  expect(await mine()).toEqual(codes)
  now += day
  expect(await mine()).toHaveLength(3)
  now += 100 * day
  expect(await mine()).toHaveLength(5)
})

test('a code that has been used is shown with who used it, makes room, and can be left out', async () => {
  now += 100 * day
  const [first] = await mine()
  const guest = await createAccount(house.deps, { ...someone(house.there), inviteCode: first?.code ?? '' })
  const codes = await mine()
  expect(codes).toHaveLength(6)
  expect(codes.find(({ code }) => code === first?.code)?.uses).toMatchObject([{ usedBy: guest.actor.did }])
  const unused = await mine({ includeUsed: false })
  expect(unused.map(({ code }) => code)).toEqual(
    codes.map(({ code }) => code).filter((code) => code !== first?.code),
  )
})

test('nothing is earned unless it is asked for, invites are, and there is an interval', async () => {
  expect(await mine({ createAvailable: false })).toEqual([])
  for (const change of [{ inviteRequired: false }, { inviteIntervalMs: undefined }]) {
    const community = { ...there, settings: { ...there.settings, ...change } }
    expect(await mine({ community })).toEqual([])
  }
  expect(
    await mine({ community: { ...there, settings: { ...there.settings, inviteEpochMs: now - day } } }),
  ).toHaveLength(1)
})

test('what an administrator gave counts for nothing, and what he disabled is not shown', async () => {
  const { codes } = await createInviteCodes(house.db, {
    community: there,
    codeCount: 5,
    useCount: 7,
    forAccounts: [actor.did],
  })
  expect(await mine()).toHaveLength(7)
  const whose = { communityId: there.id, accounts: [] }
  await disableInviteCodes(house.db, { ...whose, codes: codes[0]?.codes ?? [] })
  expect(await mine()).toHaveLength(2)
  await disableInviteCodes(house.db, { ...whose, codes: [], accounts: [actor.did] })
  expect(await mine()).toEqual([])
})

test('an account whose invites are disabled earns codes that are of no use', async () => {
  await setInvitesDisabled(house.db, { communityId: there.id, did: actor.did, disabled: true })
  expect(await mine()).toEqual([])
  const rows = await house.db
    .selectFrom('invite_code')
    .select('disabled')
    .where('for_account', '=', actor.did)
    .execute()
  expect(rows).toEqual([{ disabled: true }, { disabled: true }])
  await setInvitesDisabled(house.db, { communityId: there.id, did: actor.did, disabled: false })
  expect(await mine()).toEqual([])
  now += day
  expect(await mine()).toHaveLength(1)
})

test('of many who earn at once, one does, and the others are told that it was another', async () => {
  for (let round = 0; round < 5; round++) {
    now += day
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => mine()))
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'DuplicateCreate' })
    }
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(await mine()).toHaveLength(Math.min(5, round + 3))
  }
})

test('the second of two that have both looked is told DuplicateCreate, and makes nothing', async () => {
  const both = await house.db.transaction().execute(async (tx) => {
    await tx.selectFrom('account').select('actor_id').where('actor_id', '=', actor.id).forUpdate().execute()
    const asked = Promise.allSettled([mine(), mine()])
    await waiting(2)
    return { asked }
  })
  const outcomes = await both.asked
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const refused = outcomes.find((it) => it.status === 'rejected')
  expect(refused?.reason).toMatchObject({ code: 'DuplicateCreate' })
  expect(await mine()).toHaveLength(2)
})

test('an actor without an account is not found', async () => {
  await house.db.deleteFrom('account').where('actor_id', '=', actor.id).execute()
  await expect(mine()).rejects.toMatchObject({ code: 'NotFound' })
})

test('codes and accounts of one community are nothing to the other', async () => {
  const [code] = await mine()
  const elsewhere = { communityId: house.here.id }
  await disableInviteCodes(house.db, { ...elsewhere, codes: [code?.code ?? ''], accounts: [actor.did] })
  expect(await mine()).toHaveLength(2)
  const invites = { ...elsewhere, did: actor.did, disabled: true }
  await expect(setInvitesDisabled(house.db, invites)).rejects.toMatchObject({ code: 'NotFound' })
  expect(await mine({ community: { ...there, id: house.here.id } })).not.toContainEqual(code)
})

test('the codes of admin altogether cannot be disabled', async () => {
  const admins = { communityId: there.id, codes: [], accounts: [actor.did, 'admin'] }
  await expect(disableInviteCodes(house.db, admins)).rejects.toMatchObject({
    code: 'InvalidRequest',
    message: 'cannot disable admin invite codes',
  })
})

interface Question {
  community?: Community
  includeUsed?: boolean
  createAvailable?: boolean
}

function mine(question: Question = {}) {
  const request = { community: there, actor, includeUsed: true, createAvailable: true, ...question }
  return accountInviteCodes({ db: house.deps.db, clock: { now: () => now } }, request)
}

async function newMember(): Promise<Actor> {
  const order = { community: house.there, codeCount: 1, useCount: 1, forAccounts: ['admin'] }
  const { codes } = await createInviteCodes(house.db, order)
  const inviteCode = codes[0]?.codes[0] ?? ''
  return (await createAccount(house.deps, { ...someone(house.there), inviteCode })).actor
}

/** Until so many statements wait for a lock in this database. */
async function waiting(count: number): Promise<void> {
  const blocked = async () => {
    const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(house.db)
    return rows[0]?.n
  }
  await expect.poll(blocked, { timeout: 10_000 }).toBe(count)
}
