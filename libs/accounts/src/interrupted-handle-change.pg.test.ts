import type { Handle } from '@heronry/core/handle'
import type { ActorId } from '@heronry/core/ids'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import { createPlcDirectory } from '@heronry/identity/plc-directory'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { handleOfOperation, namesWithHandle, updateOperation } from '@heronry/identity/plc-update'
import { createWorker } from '@heronry/jobs/worker'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type SignUpHouse, signUpHouse, someone } from '../test/sign-up-house.ts'
import { settleIdentityChange } from './account-job-kinds.ts'
import { type Actor, findActor } from './actor.ts'
import { createAccount } from './create-account.ts'
import { deleteAccount } from './delete-account.ts'
import { type IdentityChange, reserveChange } from './identity-change.ts'
import { identityHandlers } from './identity-jobs.ts'
import { directoryTriesMax, identityChangeGraceMs, strayChangeMs } from './limits.ts'
import { settleChange } from './settle-identity-change.ts'
import { updateHandle } from './update-handle.ts'

let house: SignUpHouse
beforeAll(async () => {
  house = await signUpHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

describe('a change of a handle killed', () => {
  test('before the directory had its operation leaves the old handle, and reserves the new one for an hour', async () => {
    const { actor, handle, change } = await begun()
    await settle(change)
    expect(await state(actor)).toEqual({ here: actor.handle, there: actor.handle, changes: 1 })
    await expect(signUpAs(handle)).rejects.toMatchObject({ message: `Handle already taken: ${handle}` })
    await settle(change, { isSecondLook: true })
    expect(await state(actor)).toEqual({ here: actor.handle, there: actor.handle, changes: 0 })
    expect((await signUpAs(handle)).actor.handle).toBe(handle)
  })

  test('after the directory had its operation is ended by the janitor, who tells the world', async () => {
    const { actor, handle, change } = await begun()
    await submit(actor, handle)
    const events = await eventCount(actor.id)
    await settle(change)
    expect(await state(actor)).toEqual({ here: handle, there: handle, changes: 0 })
    expect(await eventCount(actor.id)).toBe(events + 1)
    await settle(change)
    await settle(change, { isSecondLook: true })
    expect(await eventCount(actor.id)).toBe(events + 1)
  })

  test('whose operation was still on its way is ended at the second look', async () => {
    const { actor, handle, change } = await begun()
    await settle(change)
    await submit(actor, handle)
    await settle(change, { isSecondLook: true })
    expect(await state(actor)).toEqual({ here: handle, there: handle, changes: 0 })
  })

  test("is in nobody's way: once it is known to have stopped, its actor changes to another handle", async () => {
    const { actor, handle, change } = await begun()
    const other = newName()
    const update = { community: house.here, actor, handle: other }
    await expect(updateHandle(house.deps, update)).rejects.toMatchObject({
      code: 'InvalidRequest',
      message: 'The identity is being changed already. Please try again in a minute.',
    })
    await settle(change)
    expect(await updateHandle(house.deps, update)).toBe(other)
    expect(await state(actor)).toEqual({ here: other, there: other, changes: 0 })
    expect((await signUpAs(handle)).actor.handle).toBe(handle)
  })

  test('is over after its grace, for its actor, whatever the janitor does', async () => {
    const { actor } = await begun()
    const at = (ms: number) => ({ ...house.deps, clock: { now: () => Date.now() + ms } })
    const update = { community: house.here, actor, handle: newName() }
    const early = updateHandle(at(identityChangeGraceMs - 5000), update)
    await expect(early).rejects.toMatchObject({ code: 'InvalidRequest' })
    expect(await updateHandle(at(identityChangeGraceMs + 1000), update)).toBe(update.handle)
  })

  test('of an actor who was deleted meanwhile is forgotten', async () => {
    const { actor, handle, change } = await begun()
    await deleteAccount(house.deps, actor.id)
    await settle(change)
    expect((await state(actor)).changes).toBe(0)
    expect((await signUpAs(handle)).actor.handle).toBe(handle)
  })

  test('is looked at by the job that its reservation left, a minute later, and again an hour later', async () => {
    const { actor, change } = await begun()
    const [first] = await settlements(change)
    expect(first?.run_at.getTime()).toBeGreaterThan(Date.now() + identityChangeGraceMs - 10_000)
    await house.db
      .updateTable('job_outbox')
      .set({ run_at: new Date(0) })
      .where('id', '=', first?.id ?? 0n)
      .execute()
    const stop = new AbortController()
    const { db, deps } = house
    const running = createWorker({
      db,
      logger: deps.logger,
      handlers: identityHandlers({ ...deps, didMaxAgeMs: 1000 }),
    }).run(stop.signal)
    const second = await vi.waitFor(
      async () => {
        const next = (await settlements(change)).find(
          ({ payload }) => settleIdentityChange.parse(payload).isSecondLook,
        )
        if (next === undefined) throw new Error('not yet')
        return next
      },
      { timeout: 10_000, interval: 50 },
    )
    stop.abort()
    await running
    expect(second.run_at.getTime()).toBeGreaterThan(Date.now() + strayChangeMs - 60_000)
    expect((await state(actor)).changes).toBe(1)
  })
})

test('of a submitted operation that was killed the world is told by the janitor: an #identity more does no harm', async () => {
  const { actor } = await member()
  const change = await reserveChange(house.deps, { actor, handle: null })
  const events = await eventCount(actor.id)
  await settle(change)
  expect(await state(actor)).toEqual({ here: actor.handle, there: actor.handle, changes: 0 })
  expect(await eventCount(actor.id)).toBe(events + 1)
})

describe('a change of a handle whose answer was lost', () => {
  test("on the way from the directory is ended by its actor's next try", async () => {
    const { actor } = await member()
    const handle = newName()
    const { plc } = house.deps
    const lossy = {
      ...house.deps,
      plc: {
        ...plc,
        async submit(...operation: Parameters<typeof plc.submit>) {
          await plc.submit(...operation)
          const gone = createPlcDirectory({
            url: 'http://127.0.0.1:1',
            fetch: createHttpFetch({ publicOnly: false }),
          })
          await gone.submit(...operation)
        },
      },
    }
    const update = { community: house.here, actor, handle }
    await expect(updateHandle(lossy, update)).rejects.toMatchObject({ code: 'UpstreamFailure' })
    expect(await state(actor)).toEqual({ here: actor.handle, there: handle, changes: 1 })
    // At once: nobody works at the first try any more.
    expect(await updateHandle(house.deps, update)).toBe(handle)
    expect(await state(actor)).toEqual({ here: handle, there: handle, changes: 0 })
  })

  test('and that lands only when its actor has asked for another handle has not the last word', async () => {
    const { actor, handle: early, change } = await begun()
    await settle(change)
    const { plc } = house.deps
    let isFirst = true
    const overtaking = {
      ...house.deps,
      plc: {
        ...plc,
        async submit(...operation: Parameters<typeof plc.submit>) {
          if (isFirst) await submit(actor, early)
          isFirst = false
          await plc.submit(...operation)
        },
      },
    }
    const handle = newName()
    await updateHandle(overtaking, { community: house.here, actor, handle })
    expect(await state(actor)).toEqual({ here: handle, there: handle, changes: 0 })
  })

  test('is planned anew as often as the limit says, and not once more', async () => {
    const { plc } = house.deps
    for (const landings of [directoryTriesMax - 1, directoryTriesMax]) {
      const { actor } = await member()
      let landed = 0
      const busy = {
        ...house.deps,
        plc: {
          ...plc,
          async submit(...operation: Parameters<typeof plc.submit>) {
            if (landed++ < landings) await submit(actor, newName() as Handle)
            await plc.submit(...operation)
          },
        },
      }
      const handle = newName()
      const update = updateHandle(busy, { community: house.here, actor, handle })
      if (landings < directoryTriesMax) expect(await update).toBe(handle)
      else await expect(update).rejects.toMatchObject({ code: 'InvalidRequest' })
    }
  })

  test('and that is slower than the janitor stands once, and is told once', async () => {
    const { actor } = await member()
    const handle = newName()
    const { plc } = house.deps
    const events = await eventCount(actor.id)
    const slow = {
      ...house.deps,
      plc: {
        ...plc,
        async submit(...operation: Parameters<typeof plc.submit>) {
          await plc.submit(...operation)
          const { id } = await house.db
            .selectFrom('identity_change')
            .select('id')
            .where('actor_id', '=', actor.id)
            .executeTakeFirstOrThrow()
          await settle({ id, actorId: actor.id, handle: null })
        },
      },
    }
    const update = updateHandle(slow, { community: house.here, actor, handle })
    await expect(update).rejects.toMatchObject({ code: 'ServiceUnavailable' })
    expect(await state(actor)).toEqual({ here: handle, there: handle, changes: 0 })
    expect(await eventCount(actor.id)).toBe(events + 1)
  })
})

test.each([{}, { actorId: '1' }, { actorId: '1', changeId: 2 }, { actorId: '1; DROP', changeId: '1' }])(
  'a payload that nobody wrote is poison (%#)',
  (payload) => {
    expect(() => settleIdentityChange.parse(payload)).toThrow('settleIdentityChange')
  },
)

let count = 0
function newName(): string {
  return `other-name${++count}.test`
}

async function member() {
  return await createAccount(house.deps, someone(house.here))
}

/** A change that was killed after its reservation. */
async function begun() {
  const { actor } = await member()
  const handle = newName() as Handle
  return { actor, handle, change: await reserveChange(house.deps, { actor, handle }) }
}

async function submit(actor: Actor, handle: Handle) {
  const { plc, rotation } = house.deps
  const last = (await plc.lastOperation(actor.did)) as PlcOperation
  const change = { alsoKnownAs: namesWithHandle(last, handle) }
  await plc.submit(actor.did, await updateOperation(rotation, { last, change }))
}

async function settle({ actorId, id }: IdentityChange, { isSecondLook = false } = {}) {
  const payload = { actorId: String(actorId), changeId: String(id), isSecondLook }
  await settleChange(house.deps, payload, { complete: async () => undefined })
}

function signUpAs(handle: string) {
  return createAccount(house.deps, { ...someone(house.here), handle })
}

async function state({ id, did }: Actor) {
  const last = await house.deps.plc.lastOperation(did)
  const changes = await house.db
    .selectFrom('identity_change')
    .select('id')
    .where('actor_id', '=', id)
    .execute()
  const actor = await findActor(house.db, { communityId: house.here.id, didOrHandle: did })
  return { here: actor?.handle, there: last && handleOfOperation(last), changes: changes.length }
}

async function eventCount(actorId: ActorId): Promise<number> {
  const rows = await house.db.selectFrom('event').select('id').where('actor_id', '=', actorId).execute()
  return rows.length
}

async function settlements({ id }: IdentityChange) {
  const jobs = await house.db
    .selectFrom('job_outbox')
    .select(['id', 'payload', 'run_at'])
    .where('name', '=', settleIdentityChange.name)
    .where('done_at', 'is', null)
    .execute()
  return jobs.filter(({ payload }) => settleIdentityChange.parse(payload).changeId === String(id))
}
