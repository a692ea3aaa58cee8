import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { type TestDatabase, testDatabase } from '@heronry/testing/postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { loginFailuresSwept, loginFailureTtlMs, loginLockSteps } from './limits.ts'
import { beginLogin, loginFailed, loginNotTried, loginSucceeded } from './login-attempts.ts'

let database: TestDatabase
let db: Database
const start = new Date('2030-01-01T00:00:00Z')
const herons = 1 as CommunityId
const storks = 2 as CommunityId
const somebody = { communityId: herons, identifier: 'grey.herons.test', network: '192.0.2.1' }

beforeAll(async () => {
  database = await testDatabase()
  db = database.as('heronry_entryway')
})
afterAll(() => database[Symbol.asyncDispose]())
beforeEach(async () => {
  await database.db.deleteFrom('login_attempt').execute()
})

const at = (ms: number) => new Date(start.getTime() + ms)
const begin = (name: Partial<typeof somebody> = {}, now = start) =>
  beginLogin(db, { ...somebody, ...name }, now)
const isLocked = (name: Partial<typeof somebody> = {}, now = start) =>
  begin(name, now).then(
    () => false,
    ({ code }) => code === 'RateLimitExceeded',
  )

async function fail(times: number): Promise<void> {
  for (let n = 0; n < times; n++) await begin()
}

test('as many failures in a row as the limit are let through, and not one more, of many at once too', async () => {
  const first = loginLockSteps[0]?.failures ?? 0
  const outcomes = await Promise.all(Array.from({ length: first + 20 }, () => isLocked()))
  expect(outcomes.filter((locked) => !locked)).toHaveLength(first)
})

test('attempts that begin in another order than their clocks say are let through all the same', async () => {
  for (let ms = 20; ms > 0; ms--) expect(await isLocked({}, at(ms))).toBe(false)
})

test('each further failure locks for longer; a lock ends by itself and is not made longer by who waits for it', async () => {
  let now = 0
  let failures = loginLockSteps[0]?.failures ?? 0
  await fail(failures)
  for (const [index, { lockMs }] of loginLockSteps.entries()) {
    expect(await isLocked({}, at(now + lockMs - 1))).toBe(true)
    await expect(begin({}, at(now + lockMs - 7))).rejects.toMatchObject({ retryAfterMs: 7 })
    await expect(begin({}, at(now))).rejects.toMatchObject({ retryAfterMs: lockMs })
    const next = loginLockSteps[index + 1]?.failures ?? failures + 1
    while (failures < next) {
      now += lockMs
      expect(await isLocked({}, at(now))).toBe(false)
      failures++
    }
  }
})

test('a lock is of one name, from one network, in one community', async () => {
  await fail(loginLockSteps[0]?.failures ?? 0)
  expect(await isLocked({ identifier: 'GREY.herons.test' })).toBe(true)
  expect(await isLocked({ identifier: 'white.herons.test' })).toBe(false)
  expect(await isLocked({ network: '192.0.2.2' })).toBe(false)
  expect(await isLocked({ communityId: storks })).toBe(false)
})

test('a login that is right makes the failures before it forgotten', async () => {
  const first = loginLockSteps[0]?.failures ?? 0
  await fail(first - 1)
  const begun = await begin()
  await inTransaction(db, { name: 'test' }, (tx) => loginSucceeded(tx, begun))
  await fail(first)
  expect(await isLocked()).toBe(true)
})

test('a login that was not tried does not count', async () => {
  const first = loginLockSteps[0]?.failures ?? 0
  await fail(first - 1)
  for (let n = 0; n < 3; n++) await loginNotTried(db, await begin())
  expect(await isLocked()).toBe(false)
  expect(await isLocked()).toBe(true)
})

test('failures are forgotten a day after the last of them, and swept out', async () => {
  await fail(loginLockSteps[0]?.failures ?? 0)
  await loginFailed(db, at(loginFailureTtlMs))
  expect(await rowCount()).toBe(1)
  await begin({}, at(loginFailureTtlMs + 1))
  for (let n = 0; n < 20; n++) expect(await isLocked({}, at(loginFailureTtlMs + 1))).toBe(false)
  for (let n = 0; n < loginFailuresSwept; n++) await begin({ identifier: `n${n}.herons.test` })
  await loginFailed(db, at(loginFailureTtlMs + 1))
  expect(await rowCount()).toBe(1)
})

async function rowCount(): Promise<number> {
  return (await database.db.selectFrom('login_attempt').select('failures').execute()).length
}
