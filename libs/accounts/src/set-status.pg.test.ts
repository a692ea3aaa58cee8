import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { createWorker } from '@heronry/jobs/worker'
import { lockRepo } from '@heronry/repo/lock-repo'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { accountHandlers } from './account-jobs.ts'
import { createAccount } from './create-account.ts'
import { type StatusChange, setStatus } from './set-status.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const [commit, sync, identity, account] = [1, 2, 3, 4]
const genesis = [identity, account, commit, sync]

test.each<[string, StatusChange[], string, number[]]>([
  ['deactivated', [{ deactivated: { deleteAfter: null } }], 'deactivated', [account]],
  [
    'activated again',
    [{ deactivated: { deleteAfter: null } }, { deactivated: false }],
    'active',
    [account, account, identity, sync],
  ],
  ['taken down', [{ takedownRef: 'x' }], 'takendown', [account]],
  ['given back', [{ takedownRef: 'x' }, { takedownRef: null }], 'active', [account, account]],
  [
    'deactivated and taken down',
    [{ deactivated: { deleteAfter: null } }, { takedownRef: 'x' }],
    'takendown',
    [account, account],
  ],
  ['suspended', [{ suspendedUntil: new Date(Date.now() + 60_000) }], 'suspended', [account]],
  ['asked to be told again', [{}], 'active', [account]],
])(
  'an actor that is %s tells the world, and its repo takes writes while it is active',
  async (_, changes, status, kinds) => {
    const { db, deps } = house
    const { actor } = await createAccount(deps, someone(house.here))
    for (const change of changes) {
      const changed = await setStatus(deps, { actorId: actor.id, change })
      expect(await writable(actor.id)).toBe(changed.status === 'active')
    }
    const found = await db
      .selectFrom('event')
      .select('kind')
      .where('actor_id', '=', actor.id)
      .orderBy('id')
      .execute()
    expect(found.map(({ kind }) => kind)).toEqual([...genesis, ...kinds])
    expect((await setStatus(deps, { actorId: actor.id, change: {} })).status).toBe(status)
  },
)

test('a takedown ends the sessions of its actor, and of no other', async () => {
  const [one, other] = [
    await createAccount(house.deps, someone(house.here)),
    await createAccount(house.deps, someone(house.here)),
  ]
  await setStatus(house.deps, { actorId: one.actor.id, change: { takedownRef: 'x' } })
  const left = await house.db
    .selectFrom('session')
    .select('actor_id')
    .where('actor_id', 'in', [one.actor.id, other.actor.id])
    .execute()
  expect(left).toEqual([{ actor_id: other.actor.id }])
})

test('a suspension ends by itself, one that was made longer does not', async () => {
  const [short, longer] = [
    await createAccount(house.deps, someone(house.here)),
    await createAccount(house.deps, someone(house.here)),
  ]
  const soon = new Date(Date.now() + 50)
  await setStatus(house.deps, { actorId: longer.actor.id, change: { suspendedUntil: soon } })
  await setStatus(house.deps, {
    actorId: longer.actor.id,
    change: { suspendedUntil: new Date(Date.now() + 3_600_000) },
  })
  await setStatus(house.deps, { actorId: short.actor.id, change: { suspendedUntil: soon } })
  const stop = new AbortController()
  const worker = createWorker({
    db: house.db,
    logger: house.deps.logger,
    handlers: accountHandlers(house.deps),
  })
  const running = worker.run(stop.signal)
  await vi.waitFor(async () => expect(await writable(short.actor.id)).toBe(true), 10_000)
  await vi.waitFor(async () => expect(await openSuspensions(longer.actor.id)).toBe(1), 10_000)
  stop.abort()
  await running
  expect(await writable(longer.actor.id)).toBe(false)
})

test('what is changed of an actor in quarantine nobody hears of, and nobody is no actor', async () => {
  const { actor } = await createAccount(house.deps, someone(house.here))
  await house.db.updateTable('repo').set({ published: false }).where('actor_id', '=', actor.id).execute()
  await setStatus(house.deps, { actorId: actor.id, change: { takedownRef: 'x' } })
  const events = await house.db.selectFrom('event').select('id').where('actor_id', '=', actor.id).execute()
  expect(events).toHaveLength(genesis.length)
  const nobody = setStatus(house.deps, { actorId: 999_999n as ActorId, change: {} })
  await expect(nobody).rejects.toMatchObject({ code: 'AccountNotFound' })
})

async function writable(actorId: ActorId): Promise<boolean | undefined> {
  return await inTransaction(
    house.db,
    { name: 'look' },
    async (tx) => (await lockRepo(tx, actorId))?.writable,
  )
}

async function openSuspensions(actorId: ActorId): Promise<number> {
  const rows = await house.db
    .selectFrom('job_outbox')
    .select('id')
    .where('name', '=', 'endSuspension')
    .where('done_at', 'is', null)
    .where(sql<boolean>`payload->>'actorId' = ${String(actorId)}`)
    .execute()
  return rows.length
}
