import { accountHandlers } from '@heronry/accounts/account-jobs'
import { suspensionMsMax } from '@heronry/accounts/limits'
import { createWorker } from '@heronry/jobs/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, repoRef, somebody } from './admin-calls.ts'
import { ask, type Question } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { told } from './told.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const herons = { at: 'herons', admin: 'herons-secret' } as const
const storks = { at: 'storks', admin: 'storks-secret' } as const
const own = (method: string, input: object, question: Question = herons) =>
  ask(house, `host.heronry.admin.${method}`, { ...question, input })
const update = (did: string, change: object) =>
  ask(house, 'com.atproto.admin.updateSubjectStatus', {
    ...herons,
    input: { subject: repoRef(did), ...change },
  })
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
const suspend = (did: string, until = inAnHour(), question: Question = herons) =>
  own('suspendAccount', { did, until, reason: 'spam' }, question)
const lift = (did: string, question: Question = herons) =>
  own('liftSuspension', { did, reason: 'a mistake' }, question)
const statusOf = async (did: string) =>
  (await ask(house, `host.heronry.admin.getAccount?account=${did}`, herons)).body.status
const isWritable = async (did: string) =>
  (
    await house.db
      .selectFrom('repo')
      .innerJoin('actor', 'actor.id', 'repo.actor_id')
      .select('writable')
      .where('did', '=', did)
      .executeTakeFirst()
  )?.writable
const signIn = ({ email, password }: Person) =>
  ask(house, 'com.atproto.server.createSession', { input: { identifier: email, password } })

test('a suspended account neither signs in nor writes until it is lifted, and the world is told', async () => {
  const person = await somebody(house)
  const { did, created } = person
  const until = inAnHour()
  const answer = await suspend(did, until)
  expect([answer.status, answer.body]).toEqual([200, { did, status: 'suspended', suspendedUntil: until }])
  expect([await statusOf(did), await isWritable(did)]).toEqual(['suspended', false])
  expect((await signIn(person)).body.error).toBe('AccountTakedown')
  const token = created.body.refreshJwt
  const refresh = () => ask(house, 'com.atproto.server.refreshSession', { post: true, token })
  expect((await refresh()).body.error).toBe('AccountTakedown')
  expect((await lift(did)).body).toEqual({ did, status: 'active' })
  expect([await statusOf(did), await isWritable(did)]).toEqual(['active', true])
  // Its sessions have outlived it.
  expect((await refresh()).status).toBe(200)
  expect(await told(house, did)).toEqual(['active', 'suspended', 'active'])
})

test('a suspension ends at its time by itself', async () => {
  const { did } = await somebody(house)
  await suspend(did, new Date(Date.now() + 1_500).toISOString())
  expect(await isWritable(did)).toBe(false)
  await whileJobsRun(async () => {
    await expect.poll(() => isWritable(did), { timeout: 15_000 }).toBe(true)
  })
  expect(await told(house, did)).toEqual(['active', 'suspended', 'active'])
  // And so is its owner, by mail.
  const mails = house.db
    .selectFrom('job_outbox')
    .innerJoin('actor', 'actor.id', 'job_outbox.actor_id')
    .select('label')
    .where('actor.did', '=', did)
    .where('queue', '=', 'mail')
    .orderBy('job_outbox.id')
  expect((await mails.execute()).map(({ label }) => label)).toEqual(['suspended', 'suspension-over'])
})

test('its end is not missed by a process whose clock is slow', async () => {
  const { did } = await somebody(house)
  await suspend(did, new Date(Date.now() + 1_000).toISOString())
  await whileJobsRun(
    async () => {
      await expect.poll(() => isWritable(did), { timeout: 15_000 }).toBe(true)
    },
    { clock: { now: () => Date.now() - 60_000 } },
  )
})

describe('takedown, suspension and deactivation', () => {
  test('are said apart from each other, and the gravest counts', async () => {
    const { did } = await somebody(house)
    await update(did, { deactivated: { applied: true } })
    await suspend(did)
    await update(did, { takedown: { applied: true } })
    expect(await statusOf(did)).toBe('takendown')
    await update(did, { takedown: { applied: false } })
    expect(await statusOf(did)).toBe('suspended')
    await lift(did)
    expect([await statusOf(did), await isWritable(did)]).toEqual(['deactivated', false])
    await update(did, { deactivated: { applied: false } })
    expect([await statusOf(did), await isWritable(did)]).toEqual(['active', true])
    const all = ['active', 'deactivated', 'suspended', 'takendown', 'suspended', 'deactivated', 'active']
    expect(await told(house, did)).toEqual(all)
  })

  test('a suspension of somebody who is taken down ends, and leaves the takedown', async () => {
    const { did } = await somebody(house)
    await update(did, { takedown: { applied: true } })
    const { body } = await suspend(did, new Date(Date.now() + 1_000).toISOString())
    expect(body.status).toBe('takendown')
    const isOver = async () =>
      (await house.db.selectFrom('actor').select('suspended_until').where('did', '=', did).executeTakeFirst())
        ?.suspended_until === null
    await whileJobsRun(() => expect.poll(isOver, { timeout: 15_000 }).toBe(true))
    expect([await statusOf(did), await isWritable(did)]).toEqual(['takendown', false])
    await update(did, { takedown: { applied: false } })
    expect([await statusOf(did), await isWritable(did)]).toEqual(['active', true])
  })
})

test('a suspension can be made longer or shorter', async () => {
  const { did } = await somebody(house)
  for (const until of [inAnHour(), new Date(Date.now() + 7_200_000).toISOString(), inAnHour()]) {
    expect((await suspend(did, until)).body.suspendedUntil).toBe(until)
  }
})

test('it ends in the future, at most so far ahead, and has a reason', async () => {
  const { did } = await somebody(house)
  const ahead = (ms: number) => suspend(did, new Date(house.clock.now() + ms).toISOString())
  expect((await ahead(suspensionMsMax)).status).toBe(200)
  for (const ms of [suspensionMsMax + 60_000, 0, -1]) {
    expect(await ahead(ms)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  }
  for (const reason of ['', 'x'.repeat(2001)]) {
    const answer = await own('suspendAccount', { did, until: inAnHour(), reason })
    expect(answer).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  }
  const longest = await own('suspendAccount', { did, until: inAnHour(), reason: 'x'.repeat(2000) })
  expect(longest.status).toBe(200)
})

test('of nobody, or of another community, it is a 400; and so is the end of none', async () => {
  const [stork, heron] = [await somebody(house, 'storks'), await somebody(house)]
  for (const did of ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', stork.did]) {
    for (const answer of [await suspend(did), await lift(did)]) {
      expect(answer).toMatchObject({ status: 400, body: { error: 'NotFound' } })
    }
  }
  expect(await lift(heron.did)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  expect((await suspend(stork.did, inAnHour(), storks)).status).toBe(200)
  expect(await told(house, heron.did)).toEqual(['active'])
})

/** With the jobs of accounts. */
async function whileJobsRun(
  body: () => Promise<unknown>,
  { clock = house.clock }: { clock?: { now(): number } } = {},
): Promise<void> {
  const stop = new AbortController()
  const deps = { ...house.jobs, clock }
  const running = createWorker({ ...deps, handlers: accountHandlers(deps) }).run(stop.signal)
  try {
    await body()
  } finally {
    stop.abort()
    await running
  }
}
