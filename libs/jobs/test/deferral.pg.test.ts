import type { ActorId, CommunityId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { expect, test } from 'vitest'
import { Deferral } from '../src/deferral.ts'
import { defineJob } from '../src/define-job.ts'
import { forgetActor } from '../src/forget-actor.ts'
import { handle } from '../src/handler.ts'
import { type JobFilter, listJobs } from '../src/list-jobs.ts'
import { PermanentFailure } from '../src/permanent-failure.ts'
import { type Retry, retryJobs } from '../src/retry-jobs.ts'
import { carry, jobs, openWorkshop, timePasses, until, type Workshop } from './workshop.ts'

const [here, there] = [1 as CommunityId, 2 as CommunityId]
const letter = defineJob<{ communityId: CommunityId; to: string }>({
  queue: 'letters',
  name: 'letter',
  parse: (payload) => payload as { communityId: CommunityId; to: string },
})

const open = (shop: Workshop, filter: Partial<JobFilter> = {}) =>
  listJobs(shop.db, { queue: 'letters', which: 'open', limit: 10, ...filter })
const retry = (shop: Workshop, how: Partial<Retry> = {}) =>
  inTransaction(shop.db, { name: 'retry' }, (tx) =>
    retryJobs(tx, { queue: 'letters', communityId: here, max: 10, ...how }),
  )

test('a start for which there is no room does not count as a try, however often it happens', async () => {
  await using shop = await openWorkshop('in this process')
  await shop.order(carry, { payload: { label: 'x' } })
  let starts = 0
  const run = async () => {
    starts += 1
    if (starts <= 5) throw new Deferral(60_000)
    throw new Error('a try')
  }
  shop.work([handle(carry, run, { retryDelaysMs: [60_000] })])
  for (const count of [1, 2, 3, 4, 5, 6]) {
    await until(async () => starts === count && (await jobs(shop.db))[0]?.lease_until === null)
    await timePasses(shop.db, 120_000)
  }
  await until(async () => (await jobs(shop.db))[0]?.dead_at !== null)
  expect(await jobs(shop.db)).toMatchObject([{ attempts: 7, deferrals: 5, error: 'Error: a try' }])
  await until(() => shop.lines.some((line) => line.includes('job dead') && line.includes('"level":50')))
})

test('the dead of one community are tried again with all their tries, as often as is asked, and done at last', async () => {
  await using shop = await openWorkshop('in this process')
  let isMended = false
  const run = async () => {
    if (!isMended) throw new PermanentFailure('no')
  }
  shop.work([handle(letter, run)])
  for (const communityId of [here, there]) {
    await shop.order(letter, { payload: { communityId, to: 'a' }, actorId: 7n as ActorId, label: 'note' })
  }
  await until(async () => (await open(shop)).length === 0)
  expect(await retry(shop)).toBe(1)
  await until(async () => (await open(shop)).length === 0)
  // What its handler refuses is no fault of the house.
  const refused = () => shop.lines.filter((line) => line.includes('job dead') && line.includes('"level":40'))
  await until(() => refused().length === 3)
  isMended = true
  const [mine] = await open(shop, { which: 'dead', communityId: here })
  expect(mine).toMatchObject({ state: 'dead', tries: 1, label: 'note', error: 'PermanentFailure: no' })
  expect(await retry(shop, { communityId: there, ids: [mine?.id ?? 0n] })).toBe(0)
  expect(await retry(shop, { ids: [mine?.id ?? 0n] })).toBe(1)
  await until(async () => (await open(shop)).length === 0)
  expect((await open(shop, { which: 'all' })).map(({ state }) => state)).toEqual(['dead', 'done'])
  // Done, a row names its actor still, and no community.
  expect(await open(shop, { which: 'all', actorId: 7n as ActorId })).toHaveLength(2)
  expect(await open(shop, { which: 'all', communityId: here })).toEqual([])
  await inTransaction(shop.db, { name: 'forget' }, (tx) => forgetActor(tx, 7n as ActorId))
  expect(await open(shop, { which: 'all' })).toEqual([])
})

test('a job that waits for another try is tried at once by its number; of many, as many as the limit', async () => {
  await using shop = await openWorkshop('in this process')
  const later = new Date(Date.now() + 3_600_000)
  for (const to of ['a', 'b', 'c']) {
    await shop.order(letter, { payload: { communityId: here, to }, runAt: later })
  }
  const ids = (await open(shop)).map(({ id }) => id)
  expect(await retry(shop)).toBe(0)
  expect(await retry(shop, { ids, max: 2 })).toBe(2)
  const due = (await open(shop)).filter(({ runAt }) => runAt.getTime() <= Date.now())
  expect(due).toHaveLength(2)
  const page = await open(shop, { limit: 2 })
  const rest = await open(shop, { limit: 2, before: page[1]?.id })
  expect([...page, ...rest].map(({ id }) => id)).toEqual(ids)
})
