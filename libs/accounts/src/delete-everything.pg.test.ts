import type { Community } from '@heronry/communities/community'
import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { reserveKey } from '@heronry/vault/reserved-keys'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oauthSession } from '../test/oauth-session.ts'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { killedBehindEachStatement } from '../test/victim.ts'
import { openOAuthSession } from './change-oauth-session.ts'
import { createAccount } from './create-account.ts'
import { createInviteCodes } from './create-invite-codes.ts'
import { deleteAccount } from './delete-account.ts'
import { emailPurposes, issueEmailToken } from './email-token.ts'
import { countWrongFactor } from './factor-attempts.ts'
import { rememberDevice } from './known-device.ts'
import { notifyActor } from './notify.ts'
import { replacePreferences } from './preferences.ts'
import { replaceRecoveryCodes } from './recovery-code.ts'
import { scheduleDeletion } from './schedule-deletion.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

/** Where an actor may still be named when it is gone, and why. */
const kept: Record<string, string> = {
  blob: 'garbage from now on: a job marks it, the collector takes it away',
  did_cache: 'what the world says of a DID, here or not',
  event: 'numbered, and then suppressed up to the deletion',
  event_seq: 'as event',
  event_suppress: 'what says so',
  lost_account: 'of those who never were here',
  oauth_request: 'of minutes: nobody gets anything for it whose account is gone',
}

interface Named {
  table: string
  column: string
}

test('every table that names actors, but those with a reason, has nothing of a deleted one; its neighbour has all', async () => {
  const places = (await placesOfActors()).filter(({ table }) => !(table in kept))
  const [gone, neighbour] = [await someoneWithEverything(), await someoneWithEverything()]
  const before = await rowsOf(neighbour, places)
  // A table that is new here, and has no row in this test, would be looked through in vain.
  expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([])
  expect(await rowsOf(gone, places)).toEqual(before)
  expect(await deleteAccount(house.deps, gone.id)).toBe(true)
  const nothing = Object.fromEntries(Object.keys(before).map((place) => [place, 0]))
  expect(await rowsOf(gone, places)).toEqual(nothing)
  expect(await rowsOf(neighbour, places)).toEqual(before)
  const jobs = house.db.selectFrom('job_outbox').select('name').where('key', '=', `delete-${gone.id}`)
  expect(await jobs.execute()).toEqual([])
})

test('a deleted actor’s DID lives on in the other community, with its invites there, and may come back', async () => {
  const { deps, db, here, there } = house
  const { id, did } = (await createAccount(deps, someone(here))).actor
  const elsewhere = await createAccount(deps, {
    ...someone(there),
    inviteCode: await inviteCode(there, 'admin'),
    did,
    provenDid: did,
  })
  const own = await inviteCode(there, did)
  await deleteAccount(deps, id)
  const left = await db.selectFrom('actor').select(['id', 'community_id']).where('did', '=', did).execute()
  expect(left).toEqual([{ id: elsewhere.actor.id, community_id: there.id }])
  expect(await db.selectFrom('invite_use').select('did').where('did', '=', did).execute()).toHaveLength(1)
  expect(await db.selectFrom('invite_code').select('code').where('code', '=', own).execute()).toHaveLength(1)
  const again = { ...someone(here), did, provenDid: did }
  expect((await createAccount(deps, again)).actor).toMatchObject({ did, status: 'deactivated' })
})

test('the code that a deleted account came by is not good once more', async () => {
  const { deps, there } = house
  const code = await inviteCode(there, 'admin')
  const { actor } = await createAccount(deps, { ...someone(there), inviteCode: code })
  await deleteAccount(deps, actor.id)
  await expect(createAccount(deps, { ...someone(there), inviteCode: code })).rejects.toMatchObject({
    code: 'InvalidInviteCode',
  })
})

test('a deletion that is killed behind any of its statements has not happened, and is made again', async () => {
  const { deps, db } = house
  const { id, did } = await someoneWithEverything()
  const places = (await placesOfActors()).filter(({ table }) => !(table in kept))
  const before = await rowsOf({ id, did }, places)
  const killed = await killedBehindEachStatement(house, {
    act: (victim) => deleteAccount({ ...deps, db: victim }, id),
    check: async () => expect(await rowsOf({ id, did }, places)).toEqual(before),
  })
  expect(killed).toBeGreaterThan(10)
  expect(await deleteAccount(deps, id)).toBe(false)
  const events = await db.selectFrom('event').select('kind').where('actor_id', '=', id).execute()
  expect(events.filter(({ kind }) => kind === 5)).toHaveLength(1)
})

/** An account of herons with a row in every table that may name it. */
async function someoneWithEverything(): Promise<{ id: ActorId; did: Did }> {
  const { deps, db, here } = house
  const { actor } = await createAccount(deps, someone(here))
  const { id, did } = actor
  const [own, other] = [await inviteCode(here, did), await inviteCode(here, 'admin')]
  await db
    .insertInto('invite_use')
    .values([
      { code: own, did: 'did:web:invited.example.com' },
      { code: other, did },
    ])
    .execute()
  await replacePreferences(db, {
    actorId: id,
    preferences: [{ $type: 'app.bsky.test' }],
    replaces: () => true,
  })
  const row = { actor_id: id, name: 'phone', hash: 'x', privileged: false, permissions: null }
  await db.insertInto('app_password').values(row).execute()
  await openOAuthSession(db, oauthSession({ communityId: here.id, did }))
  await onADevice({ id, did })
  await db
    .insertInto('identity_change')
    .values({ actor_id: id, community_id: here.id, handle: null, started_at: new Date() })
    .execute()
  await db
    .insertInto('account_draft')
    .values({ actor_id: id, community_id: here.id, did, ...draftNames(did), plc_operation: null })
    .execute()
  await inTransaction(db, { name: 'everything' }, async (tx) => {
    const now = new Date()
    await replaceRecoveryCodes(tx, id)
    await rememberDevice(tx, { actorId: id, network: '192.0.2.1', userAgent: 'goat/1', at: now })
    await countWrongFactor(tx, { actorId: id, network: '192.0.2.1', now })
    await issueEmailToken(tx, { actorId: id, purpose: emailPurposes.deleteAccount, now })
    const expiresAt = new Date(now.getTime() + 60_000)
    await reserveKey(tx, deps, { communityId: here.id, did, expiresAt })
    await scheduleDeletion(tx, { actorId: id, deleteAfter: new Date(now.getTime() + 86_400_000) })
    await notifyActor(tx, { actorId: id, template: 'password-changed', at: now })
  })
  return { id, did }
}

/** Signed in on a browser, where an app was let in. */
async function onADevice({ id, did }: { id: ActorId; did: Did }): Promise<void> {
  const { db, here } = house
  const [device_id, now, owner] = [`dev-${id}`, new Date(), { community_id: here.id, actor_id: id, did }]
  const device = { community_id: here.id, session_id: 'ses-1', user_agent: null, ip_address: '192.0.2.1' }
  await db
    .insertInto('oauth_device')
    .values({ ...device, id: device_id, last_seen_at: now })
    .execute()
  const signedIn = { ...owner, device_id, created_at: now, updated_at: now }
  await db.insertInto('oauth_account_device').values(signedIn).execute()
  const consent = { ...owner, client_id: 'https://app.example/client.json', scopes: ['atproto'] }
  await db
    .insertInto('oauth_authorized_client')
    .values({ ...consent, updated_at: now })
    .execute()
}

function draftNames(did: Did) {
  const name = did.slice('did:plc:'.length)
  return { handle: `draft-${name}.test`, email: `${name}@draft.example.com` }
}

async function inviteCode(community: Community, forAccount: string): Promise<string> {
  const order = { community, codeCount: 1, useCount: 1, forAccounts: [forAccount] }
  const { codes } = await createInviteCodes(house.db, order)
  return codes[0]?.codes[0] ?? ''
}

/** The columns of the schema that hold an actor's number or DID; partitions have those of their tables. */
async function placesOfActors(): Promise<Named[]> {
  const { rows } = await sql<Named>`
    SELECT c.relname AS table, a.attname AS column
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND (a.attname IN ('actor_id', 'did', 'for_account') OR c.relname = 'actor' AND a.attname = 'id')
    ORDER BY 1, 2`.execute(house.db)
  expect(rows.length).toBeGreaterThan(15)
  return rows
}

async function rowsOf({ id, did }: { id: ActorId; did: string }, places: readonly Named[]) {
  const counts: Record<string, number> = {}
  for (const { table, column } of places) {
    const value = column === 'actor_id' || column === 'id' ? id : did
    const { rows } = await sql<{ count: bigint }>`
      SELECT count(*) AS count FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${value}`.execute(house.db)
    counts[`${table}.${column}`] = Number(rows[0]?.count)
  }
  return counts
}
