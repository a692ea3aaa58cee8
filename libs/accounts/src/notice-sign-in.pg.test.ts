import { inTransaction } from '@heronry/db/in-transaction'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type FactorHouse,
  factorHouse,
  logIn,
  type Member,
  member,
  tryCode,
  withTotp,
} from '../test/second-factor-house.ts'
import { someone } from '../test/sign-up-house.ts'
import { killedBehindEachStatement } from '../test/victim.ts'
import { createAccount } from './create-account.ts'
import { createAppPassword } from './create-app-password.ts'
import {
  clockSkewMaxMs,
  knownDevicesMax,
  knownDeviceTtlMs,
  signInNoticesMax,
  signInNoticeWindowMs,
} from './limits.ts'
import { purgeTokens } from './purge-tokens.ts'
import { setPassword } from './set-password.ts'

let house: FactorHouse
beforeAll(async () => {
  house = await factorHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const goat = { network: '192.0.2.7', userAgent: 'goat/1.0' }
const known = { device: 'goat', address: '192.0.2.7', kind: 'password' }

test('a sign-in from a device that was not there before is told, once, whichever version it is', async () => {
  const one = await member(house)
  expect(await tryCode(house, { ...one, ...goat })).toBe('open')
  expect(await told(one)).toEqual([known])
  await tryCode(house, { ...one, ...goat, userAgent: 'goat/2.0' })
  expect(await told(one)).toEqual([known])
  await tryCode(house, { ...one, ...goat, userAgent: 'okhttp/4' })
  await tryCode(house, { ...one, ...goat, network: '2001:db8::/64' })
  expect((await told(one)).slice(1)).toEqual([
    { ...known, device: 'okhttp' },
    { ...known, address: '2001:db8::/64' },
  ])
})

test('who signs up and signs in from there is told nothing; from elsewhere he is, and so where an administrator signed him up', async () => {
  const account = someone(house.here)
  const { actor } = await createAccount(house.deps, { ...account, device: goat })
  const one = { ...account, actor }
  await tryCode(house, { ...one, ...goat })
  expect(await told(one)).toEqual([])
  await tryCode(house, { ...one, ...goat, network: '192.0.2.8' })
  expect(await told(one)).toHaveLength(1)
  const other = someone(house.here)
  const made = await createAccount(house.deps, { ...other, device: goat, isAdmin: true })
  await tryCode(house, { ...other, ...made, ...goat })
  expect(await told(other)).toHaveLength(1)
})

test('two sign-ins from a new device at once are told once; two from two devices twice', async () => {
  const one = await member(house)
  const at = { ...one, ...goat }
  expect(await Promise.all([tryCode(house, at), tryCode(house, at), tryCode(house, at)])).toEqual(
    Array(3).fill('open'),
  )
  expect(await told(one)).toHaveLength(1)
  await Promise.all(['192.0.2.8', '192.0.2.9'].map((network) => tryCode(house, { ...at, network })))
  expect(await told(one)).toHaveLength(3)
})

test('a wrong password, a code that is still missing and an app password tell nothing', async () => {
  const one = await withTotp(house)
  await expect(logIn(house, { ...one, ...goat, password: 'guess' })).rejects.toThrow()
  expect(await tryCode(house, { ...one, ...goat })).toBe('asked')
  expect(await tryCode(house, { ...one, ...goat }, '000000')).toBe('wrong')
  const { secret } = await createAppPassword(house.deps.db, { ...one, name: 'app', privileged: false })
  await logIn(house, { ...one, ...goat, password: secret })
  expect(await told(one)).toEqual([])
  expect(await tryCode(house, { ...one, ...goat }, one.codeAt(0))).toBe('open')
  expect(await told(one)).toEqual([known])
})

test('what one account knows another does not, here and in the other community', async () => {
  const [one, other, stork] = [await member(house), await member(house), await member(house, house.there)]
  for (const it of [one, other, stork]) await tryCode(house, { ...it, ...goat })
  for (const it of [one, other, stork]) expect(await told(it)).toHaveLength(1)
})

test('behind a new password every device is new', async () => {
  const one = await member(house)
  await tryCode(house, { ...one, ...goat })
  const passwordHash = await house.deps.passwords.hash('another horse')
  const change = { communityId: house.here.id, did: one.actor.did, passwordHash, now: new Date() }
  await inTransaction(house.db, { name: 'test' }, (tx) => setPassword(tx, change))
  house.forward(2 * clockSkewMaxMs)
  await tryCode(house, { ...one, ...goat })
  expect(await told(one)).toEqual([known, known])
})

test('as many devices are known as the limit, and one more takes the place of what was not seen for longest', async () => {
  const one = await member(house)
  const from = async (n: number) => {
    house.forward(1000)
    await tryCode(house, { ...one, ...goat, network: `network ${n}` })
  }
  for (let n = 0; n < knownDevicesMax; n++) await from(n)
  expect(await devices(one)).toBe(knownDevicesMax)
  await from(0)
  await from(knownDevicesMax)
  expect(await devices(one)).toBe(knownDevicesMax)
  house.forward(signInNoticeWindowMs)
  const before = (await told(one)).length
  await from(0)
  expect(await told(one)).toHaveLength(before)
  await from(1)
  expect(await told(one)).toHaveLength(before + 1)
})

test('as many are told in a day as the limit, and none past it until the day is over', async () => {
  const one = await member(house)
  const from = (n: number) => tryCode(house, { ...one, ...goat, network: `network ${n}` })
  for (let n = 0; n < signInNoticesMax; n++) await from(n)
  expect(await told(one)).toHaveLength(signInNoticesMax)
  await from(signInNoticesMax)
  house.forward(signInNoticeWindowMs - 1)
  await from(signInNoticesMax + 1)
  expect(await told(one)).toHaveLength(signInNoticesMax)
  house.forward(1)
  await from(signInNoticesMax + 2)
  expect(await told(one)).toHaveLength(signInNoticesMax + 1)
})

test('a device that was not seen for as long as the limit is forgotten', async () => {
  const [one, other] = [await member(house), await member(house)]
  await tryCode(house, { ...one, ...goat })
  house.forward(1)
  await tryCode(house, { ...other, ...goat })
  house.forward(knownDeviceTtlMs - 1)
  await purgeTokens(house.deps)
  expect([await devices(one), await devices(other)]).toEqual([0, 1])
})

test('a sign-in that is killed behind any of its statements has told nothing, and is told when it is made again', async () => {
  const one = await member(house)
  const killed = await killedBehindEachStatement(house, {
    act: (victim) => tryCode({ deps: house.deps, openedBy: victim }, { ...one, ...goat }),
    check: async () => expect([await told(one), await devices(one)]).toEqual([[], 0]),
  })
  expect(killed).toBeGreaterThan(5)
  expect(await told(one)).toEqual([known])
})

async function devices({ actor }: Pick<Member, 'actor'>): Promise<number> {
  const rows = house.db.selectFrom('known_device').select('device').where('actor_id', '=', actor.id)
  return (await rows.execute()).length
}

/** What the mails of new sign-ins say that an account was sent, in order. */
async function told({ email, community }: Pick<Member, 'email' | 'community'>) {
  const rows = await house.db.selectFrom('job_outbox').select('payload').orderBy('id').execute()
  return rows
    .filter(({ payload }) => JSON.stringify(payload).includes('new-sign-in'))
    .map(({ payload }) => sendMail.parse(payload))
    .flatMap(({ to, communityId, mail }) =>
      to === email && communityId === community.id && mail.template === 'new-sign-in' ? [mail.values] : [],
    )
}
