import { sha256 } from '@heronry/core/cid'
import { parseDid } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import { revNumber, revOf } from '@heronry/core/rev'
import { inTransaction } from '@heronry/db/in-transaction'
import { eventKinds } from '@heronry/events/event'
import { enqueue } from '@heronry/jobs/enqueue'
import { reannounce, reannounceMany } from '@heronry/jobs/kinds/reannounce'
import { createWorker } from '@heronry/jobs/worker'
import { createRepo } from '@heronry/repo/create-repo'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { accountHandlers } from './account-jobs.ts'
import { createAccount } from './create-account.ts'
import { reannouncedAtOnce } from './limits.ts'
import { listLostAccounts } from './lost-account.ts'

const promptly = { timeout: 15_000, interval: 20 }
// A minute ahead of the clock: what it is when numbering is resumed.
const ahead = () => revOf((BigInt(Date.now() + 60_000) * 1000n) << 10n)

let house: SignUpHouse
const stop = new AbortController()
let running: Promise<void>

beforeAll(async () => {
  house = await signUpHouse()
  const { db, deps } = house
  running = createWorker({ db, logger: deps.logger, handlers: accountHandlers(deps) }).run(stop.signal)
})
afterAll(async () => {
  stop.abort()
  await running
  await house[Symbol.asyncDispose]()
})

test('an account is announced again: identity, account, and a sync beyond the rev that is lost', async () => {
  const { actor } = await createAccount(house.deps, someone(house.here))
  const last = await lastEventId()
  const afterRev = ahead()
  await enqueued({ did: actor.did, afterRev })
  expect((await eventsAfter(last)).map(({ kind }) => kind)).toEqual([
    eventKinds.identity,
    eventKinds.account,
    eventKinds.sync,
  ])
  const repo = await repoOf(actor.id)
  expect(repo.rev).toBeGreaterThan(revNumber(afterRev))
  expect(Buffer.from(repo.head)).toEqual(Buffer.from(sha256(repo.commit)))
})

test('every community that hosts the DID says what it is there; a quarantined one says nothing', async () => {
  const { actor } = await createAccount(house.deps, someone(house.here))
  const moved = await hosted(actor.did, { published: true })
  const last = await lastEventId()
  await enqueued({ did: actor.did, afterRev: ahead() })
  const events = await eventsAfter(last)
  expect(events.map(({ community_id, kind }) => [community_id, kind])).toEqual([
    [house.here.id, eventKinds.identity],
    [house.here.id, eventKinds.account],
    [house.here.id, eventKinds.sync],
    // Deactivated: no #sync of it would be taken.
    [house.there.id, eventKinds.identity],
    [house.there.id, eventKinds.account],
  ])
  expect(Buffer.from(events[4]?.body ?? []).includes('deactivated')).toBe(true)
  await house.db.updateTable('repo').set({ published: false }).where('actor_id', '=', moved).execute()
  const rev = (await repoOf(moved)).rev
  await enqueued({ did: actor.did, afterRev: ahead() })
  expect((await repoOf(moved)).rev).toBe(rev)
})

test('a DID that nobody hosts is kept for the operator', async () => {
  const did = parseDid('did:plc:gonegonegonegonegonegone')
  for (const afterRev of [ahead(), revOf(5n)]) await enqueued({ did, afterRev })
  expect(await listLostAccounts(house.db, { limit: 10 })).toMatchObject([{ did }])
})

test('of everybody, a job is made for each, a page after the other', async () => {
  const missing = await inTransaction(house.db, { name: 'crowd' }, async (tx) => {
    // Without repos: they are only counted.
    const crowd = Array.from({ length: reannouncedAtOnce + 1 }, (_, index) => ({
      community_id: index % 2 === 0 ? house.here.id : house.there.id,
      did: `did:web:crowd-${index}.test`,
      deactivated_at: new Date(),
    }))
    await tx
      .insertInto('actor')
      .values(crowd as never)
      .execute()
    await enqueue(tx, reannounceMany, { payload: { afterRev: revOf(7n) } })
    return new Set(crowd.map(({ did }) => `reannounce:${did}:${revOf(7n)}`))
  })
  await vi.waitFor(async () => {
    const rows = await house.db
      .selectFrom('job_outbox')
      .select('key')
      .where('name', '=', reannounce.name)
      .execute()
    for (const { key } of rows) missing.delete(key ?? '')
    expect(missing.size).toBe(0)
  }, promptly)
  await house.db.deleteFrom('job_outbox').where('key', 'like', 'reannounce:did:web:crowd%').execute()
})

test.each([
  [reannounce, { did: 'nobody', afterRev: revOf(5n) }],
  [reannounce, { did: 'did:web:a.test', afterRev: 'x' }],
  [reannounceMany, { afterRev: revOf(5n), dids: ['nobody'] }],
  [reannounceMany, { afterRev: revOf(5n), afterActor: '1; DROP TABLE actor' }],
])('a payload that nobody wrote is poison (%#)', (kind, payload) => {
  expect(() => kind.parse(payload)).toThrow()
})

/** Resolves when the job has been done. */
async function enqueued(payload: Parameters<typeof reannounce.parse>[0] & object): Promise<void> {
  const job = reannounce.parse(payload)
  await inTransaction(house.db, { name: 'test' }, (tx) => enqueue(tx, reannounce, { payload: job }))
  await vi.waitUntil(async () => {
    const open = await house.db
      .selectFrom('job_outbox')
      .select(['id', 'error'])
      .where('name', '=', reannounce.name)
      .where('done_at', 'is', null)
      .where('key', 'is', null)
      .execute()
    return open.length === 0
  }, promptly)
}

/** The same DID at the other community, deactivated, as while it moves. */
async function hosted(did: string, { published }: { published: boolean }): Promise<ActorId> {
  const { db, deps, there } = house
  const { vault, clock } = deps
  const key = vault.generate()
  return await inTransaction(db, { name: 'hosted' }, async (tx) => {
    const { id } = await tx
      .insertInto('actor')
      .values({ community_id: there.id, did, deactivated_at: new Date() })
      .returning('id')
      .executeTakeFirstOrThrow()
    const actor = { id: id as ActorId, communityId: there.id, did: parseDid(did) }
    await vault.seal(tx, { ...key, actorId: actor.id })
    const signer = { didKey: key.didKey, sign: () => new Uint8Array(64) }
    await createRepo(tx, { actor, signer, clock, published, writable: false })
    return actor.id
  })
}

async function repoOf(actorId: ActorId) {
  return await house.db
    .selectFrom('repo')
    .selectAll()
    .where('actor_id', '=', actorId)
    .executeTakeFirstOrThrow()
}

async function lastEventId(): Promise<bigint> {
  const row = await house.db.selectFrom('event').select('id').orderBy('id', 'desc').executeTakeFirstOrThrow()
  return row.id
}

async function eventsAfter(id: bigint) {
  return await house.db.selectFrom('event').selectAll().where('id', '>', id).orderBy('id').execute()
}
