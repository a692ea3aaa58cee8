import { listAudit } from '@heronry/operators/list-audit'
import { verifyAudit } from '@heronry/operators/verify-audit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { addPasskey, confirmed, device, signIn as withPasskey } from '../test/passkey-house.ts'
import {
  type FactorHouse,
  factorHouse,
  logIn,
  member,
  tryCode,
  withTotp,
} from '../test/second-factor-house.ts'
import { killedBehindEachStatement } from '../test/victim.ts'
import { factorNetworkLockSteps, loginLockSteps } from './limits.ts'
import { beginLogin } from './login-attempts.ts'
import { listPasskeys } from './passkey-store.ts'
import { signIn } from './sign-in.ts'

let house: FactorHouse
beforeAll(async () => {
  house = await factorHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

/** The communities' last numbers when a test begins. */
let start: { here: number; there: number }
beforeEach(async () => {
  start = { here: (await verify('here')).head.seq, there: (await verify('there')).head.seq }
})

const verify = (at: 'here' | 'there') => verifyAudit(house.db, { communityId: house[at].id, limit: 10_000 })
const rows = (at: 'here' | 'there' = 'here') =>
  listAudit(house.db, { communityId: house[at].id, limit: 1000, order: 'oldest', after: start[at] })
const event = (name: string) => `host.heronry.event.${name}`

/** That only one chain has grown, and holds. */
async function expectSound(): Promise<void> {
  expect(await rows('there')).toEqual([])
  expect((await verify('there')).fault).toBeUndefined()
  expect((await verify('here')).fault).toBeUndefined()
}

test('a sign-in on a page has one row, of the member, from where it came; neither a refused one nor a session of an app has any', async () => {
  const one = await member(house)
  const attempt = { ...one, ...device, identifier: one.email }
  await expect(signIn(house.deps, { ...attempt, password: 'wrong' })).rejects.toThrow('Invalid identifier')
  await logIn(house, one)
  expect(await rows()).toEqual([])
  await signIn(house.deps, attempt)
  const all = await rows()
  const who = { principal: one.actor.did, subject: one.actor.did, address: device.network }
  expect(all).toMatchObject([
    { method: event('signedIn'), ...who, after: { kind: 'oauth' }, outcome: 'done', error: null },
  ])
  expect(JSON.stringify(all)).not.toMatch(/@|Heron\/1/)
  await expectSound()
})

test('a sign-in with a passkey has one row, and one that is refused has none', async () => {
  const one = await confirmed(house)
  const key = await addPasskey(house, one)
  await expect(withPasskey(house, one, { key, lies: { rpId: 'evil.example' } })).rejects.toThrow()
  expect(await rows()).toEqual([])
  await withPasskey(house, one, { key })
  expect(await rows()).toMatchObject([
    { method: event('signedIn'), principal: one.actor.did, after: { kind: 'passkey' } },
  ])
  await expectSound()
})

test('of sign-ins at once each has its row, in one chain', async () => {
  const all = await Promise.all([member(house), member(house)])
  const twice = [...all, ...all].map((one) =>
    signIn(house.deps, { ...one, ...device, identifier: one.email }),
  )
  await Promise.all(twice)
  const dids = (await rows()).map(({ principal }) => principal)
  expect(dids.sort()).toEqual(all.flatMap(({ actor }) => [actor.did, actor.did]).sort())
  await expectSound()
})

test('a sign-in that is killed behind any of its statements has left its row and its effect, or neither', async () => {
  const one = await confirmed(house)
  const key = await addPasskey(house, one)
  const left = async () => {
    const counter = (await listPasskeys(house.db, one.actor.id))[0]?.counter ?? 0
    return { counter, rows: (await rows()).length }
  }
  let last = await left()
  const expectBoth = async () => {
    const now = await left()
    expect(now.rows - last.rows).toBe(now.counter > last.counter ? 1 : 0)
    last = now
  }
  const killed = await killedBehindEachStatement(house, {
    act: (db) => withPasskey({ ...house, deps: { ...house.deps, db } }, one, { key }),
    check: expectBoth,
  })
  expect(killed).toBeGreaterThan(5)
  await expectBoth()
  expect(last.rows).toBeGreaterThan(0)
  await expectSound()
})

test('a lock that begins has one row, of nobody; failures before it have none, nor has a name that is nobody’s', async () => {
  const one = await member(house)
  const limit = loginLockSteps[0]?.failures ?? 0
  const name = { communityId: one.community.id, network: device.network }
  const now = new Date(house.deps.clock.now())
  const fail = (identifier: string) =>
    signIn(house.deps, { ...one, ...device, identifier, password: 'wrong' }).catch(({ code }) => code)
  for (const identifier of [one.email, 'nobody.test']) {
    for (let count = 2; count < limit; count++) await beginLogin(house.db, { ...name, identifier }, now)
    expect(await fail(identifier)).toBe('AuthenticationRequired')
    expect(await rows()).toHaveLength(identifier === one.email ? 0 : 1)
    expect(await fail(identifier)).toBe('AuthenticationRequired')
    expect(await fail(identifier)).toBe('RateLimitExceeded')
  }
  const facts = { kind: 'password', failures: limit }
  const who = { principal: 'nobody', subject: one.actor.did, address: device.network }
  expect(await rows()).toMatchObject([{ method: event('lockedOut'), ...who, after: facts }])
  await expectSound()
})

test('wrong codes that lock an account have one row, of the one that was too many', async () => {
  const one = await withTotp(house)
  const limit = factorNetworkLockSteps[0]?.failures ?? 0
  for (let count = 1; count < limit; count++) expect(await tryCode(house, one, '000000')).toBe('wrong')
  expect(await rows()).toEqual([])
  expect(await tryCode(house, one, '000000')).toBe('wrong')
  expect(await tryCode(house, one, '000000')).toBe('locked')
  expect(await rows()).toMatchObject([
    { method: event('lockedOut'), principal: 'nobody', subject: one.actor.did, after: { kind: 'factor' } },
  ])
  await expectSound()
})
