import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FactorHouse, factorHouse, logIn, member, withTotp } from '../test/second-factor-house.ts'
import { countWrongFactor, forgetWrongFactors, isFactorLocked } from './factor-attempts.ts'
import { lockLoginToChange } from './find-login.ts'
import { factorFailureTtlMs, factorLockSteps, factorNetworkLockSteps } from './limits.ts'
import { purgeTokens } from './purge-tokens.ts'

let house: FactorHouse
let db: Database
beforeAll(async () => {
  house = await factorHouse()
  db = house.deps.db
})
afterAll(() => house[Symbol.asyncDispose]())

const start = new Date('2030-01-01T00:00:00Z')
const at = (ms: number) => new Date(start.getTime() + ms)
const firstOf = (steps: typeof factorLockSteps) => steps[0] ?? { failures: 0, lockMs: 0 }

/** A wrong code as a login tries it; false where it is not looked at. */
const tryWrong = (actorId: ActorId, network = 'n', now = start) =>
  inTransaction(db, { name: 'test' }, async (tx) => {
    await lockLoginToChange(tx, actorId)
    if (await isFactorLocked(tx, { actorId, network, now })) return false
    await countWrongFactor(tx, { actorId, network, now })
    return true
  })

async function tried(times: number, attempt: (index: number) => Promise<boolean>): Promise<number> {
  const outcomes: boolean[] = []
  for (let index = 0; index < times; index++) outcomes.push(await attempt(index))
  return outcomes.filter(Boolean).length
}

test('as many wrong codes from one network as the limit are looked at, and not one more, of many at once too', async () => {
  const { id } = (await member(house)).actor
  const { failures } = firstOf(factorNetworkLockSteps)
  const outcomes = await Promise.all(Array.from({ length: failures + 5 }, () => tryWrong(id)))
  expect(outcomes.filter(Boolean)).toHaveLength(failures)
  expect(await tryWrong(id, 'another')).toBe(true)
})

test('as many from all networks together as the limit, and not one more; another account is as it was', async () => {
  const [one, other] = [(await member(house)).actor, (await member(house, house.there)).actor]
  const { failures, lockMs } = firstOf(factorLockSteps)
  expect(await tried(failures + 5, (index) => tryWrong(one.id, `n${index}`))).toBe(failures)
  expect(await tryWrong(other.id)).toBe(true)
  expect(await tryWrong(one.id, 'fresh', at(lockMs - 1))).toBe(false)
  expect(await tryWrong(one.id, 'fresh', at(lockMs))).toBe(true)
})

test('each further step locks for longer, and a lock ends by itself', async () => {
  const { id } = (await member(house)).actor
  let [now, failures] = [0, 0]
  for (const step of factorNetworkLockSteps) {
    while (failures < step.failures) {
      expect(await tryWrong(id, 'n', at(now))).toBe(true)
      failures++
      if (failures < step.failures) now += lockAfter(failures)
    }
    expect(await tryWrong(id, 'n', at(now + step.lockMs - 1))).toBe(false)
    now += step.lockMs
  }
})

test('a right code makes those before it from its network forgotten, and none from another', async () => {
  const { id } = (await member(house)).actor
  const { failures } = firstOf(factorNetworkLockSteps)
  await tried(failures, () => tryWrong(id, 'thief'))
  await tried(failures - 1, () => tryWrong(id, 'home'))
  await inTransaction(db, { name: 'test' }, (tx) => forgetWrongFactors(tx, { actorId: id, network: 'home' }))
  expect(await tried(failures + 1, () => tryWrong(id, 'home'))).toBe(failures)
  expect(await tryWrong(id, 'thief')).toBe(false)
})

test('wrong codes are forgotten a day after the last of them, and swept out', async () => {
  const { id } = (await member(house)).actor
  const { failures } = firstOf(factorNetworkLockSteps)
  await tried(failures, () => tryWrong(id))
  const later = at(factorFailureTtlMs + 1)
  expect(await tried(failures + 1, () => tryWrong(id, 'n', later))).toBe(failures)
  const rows = () => db.selectFrom('factor_attempt').select('network').where('actor_id', '=', id).execute()
  const sweep = (now: number) => purgeTokens({ db, clock: { ...house.deps.clock, now: () => now } })
  await sweep(later.getTime() + factorFailureTtlMs)
  expect(await rows()).toHaveLength(2)
  await sweep(later.getTime() + factorFailureTtlMs + 1)
  expect(await rows()).toEqual([])
})

test('a login that is locked is told so behind its right password alone, and a right code is of no use until then', async () => {
  const one = await withTotp(house)
  const { failures, lockMs } = firstOf(factorNetworkLockSteps)
  for (let n = 0; n < failures; n++) {
    await expect(logIn(house, one, 'AAAAA-AAAAA')).rejects.toMatchObject({ code: 'InvalidToken' })
  }
  for (const code of [undefined, one.codeAt(0), one.recoveryCodes[0]]) {
    const locked = { code: 'RateLimitExceeded', retryAfterMs: lockMs }
    await expect(logIn(house, one, code)).rejects.toMatchObject(locked)
  }
  await expect(logIn(house, { ...one, password: 'guess' })).rejects.toMatchObject({
    code: 'AuthenticationRequired',
  })
  await logIn(house, { ...one, network: '198.51.100.1' }, one.codeAt(0))
  house.forward(lockMs)
  await logIn(house, one, one.codeAt(0))
})

function lockAfter(failures: number): number {
  return factorNetworkLockSteps.findLast((step) => step.failures <= failures)?.lockMs ?? 0
}
