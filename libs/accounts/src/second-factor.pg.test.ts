import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import { isNotice, sendMail } from '@heronry/jobs/kinds/send-mail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type FactorHouse,
  factorHouse,
  logIn,
  member,
  signInCodes,
  tryCode,
  withEmailFactor,
  withTotp,
} from '../test/second-factor-house.ts'
import { killedBehindEachStatement } from '../test/victim.ts'
import { changeEmail } from './change-email.ts'
import { createAppPassword } from './create-app-password.ts'
import { emailPurposes, issueEmailToken } from './email-token.ts'
import { updateEmail } from './email-update.ts'
import {
  clockSkewMaxMs,
  emailTokenTtlMs,
  recoveryCodesCount,
  signInMailIntervalMs,
  totpStepMs,
} from './limits.ts'
import {
  beginTotp,
  disableTotp,
  findSecondFactors,
  newRecoveryCodes,
  setEmailFactor,
} from './own-second-factors.ts'
import { resetPassword } from './reset-password.ts'
import { resetSecondFactors } from './reset-second-factors.ts'
import { setPassword } from './set-password.ts'

let house: FactorHouse
beforeAll(async () => {
  house = await factorHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const asked = { code: 'AuthFactorTokenRequired' }
const wrong = new HeronryError('InvalidToken', 'Token is invalid')
const nobody = new HeronryError('AuthenticationRequired', 'Invalid identifier or password')

describe('a code by mail', () => {
  test('is sent behind a right password alone, and opens one session', async () => {
    const one = await withEmailFactor(house)
    await expect(logIn(house, { ...one, password: 'guess' })).rejects.toEqual(nobody)
    await expect(logIn(house, { ...one, password: 'guess' }, 'AAAAA-AAAAA')).rejects.toEqual(nobody)
    expect(await signInCodes(house, one)).toEqual([])
    await expect(logIn(house, one)).rejects.toMatchObject(asked)
    const [code = ''] = await signInCodes(house, one)
    await expect(logIn(house, { ...one, password: 'guess' }, code)).rejects.toEqual(nobody)
    await expect(logIn(house, one, 'AAAAA-AAAAA')).rejects.toEqual(wrong)
    expect((await logIn(house, one, ` ${code.toLowerCase()} `)).login.actor.did).toBe(one.actor.did)
    await expect(logIn(house, one, code)).rejects.toEqual(wrong)
  })

  test('of the other community, or of another account, is wrong', async () => {
    const [one, other, stork] = [
      await withEmailFactor(house),
      await withEmailFactor(house),
      await withEmailFactor(house, house.there),
    ]
    for (const it of [one, other, stork]) expect(await tryCode(house, it)).toBe('asked')
    const [theirs = ''] = await signInCodes(house, stork)
    const [others = ''] = await signInCodes(house, other)
    for (const code of [theirs, others]) expect(await tryCode(house, one, code)).toBe('wrong')
    expect(await tryCode(house, stork, theirs)).toBe('open')
  })

  test('is mailed once a minute, whoever asks how often, and at once', async () => {
    const one = await withEmailFactor(house)
    await Promise.all([tryCode(house, one), tryCode(house, one), tryCode(house, one, '')])
    house.forward(signInMailIntervalMs - 1)
    expect(await tryCode(house, one)).toBe('asked')
    expect(await signInCodes(house, one)).toHaveLength(1)
    house.forward(1)
    expect(await tryCode(house, one)).toBe('asked')
    const [before = '', code = ''] = await signInCodes(house, one)
    expect(await tryCode(house, one, before)).toBe('wrong')
    expect(await tryCode(house, one, code)).toBe('open')
  })

  test('is good for ten minutes, and then said to be too old, once', async () => {
    const [one, other] = [await withEmailFactor(house), await withEmailFactor(house)]
    for (const it of [one, other]) expect(await tryCode(house, it)).toBe('asked')
    const [code = ''] = await signInCodes(house, one)
    house.forward(emailTokenTtlMs.signIn - 1)
    expect(await tryCode(house, other, (await signInCodes(house, other))[0])).toBe('open')
    house.forward(1)
    expect(await tryCode(house, one, code)).toBe('expired')
    expect(await tryCode(house, one, code)).toBe('wrong')
  })

  test('typed twice at once opens one session', async () => {
    const one = await withEmailFactor(house)
    expect(await tryCode(house, one)).toBe('asked')
    const [code] = await signInCodes(house, one)
    const outcomes = await Promise.all([tryCode(house, one, code), tryCode(house, one, code)])
    expect(outcomes.toSorted()).toEqual(['open', 'wrong'])
  })

  test('is not asked for any more once the address is another', async () => {
    const one = await withEmailFactor(house)
    await newRecoveryCodes(house.deps, one)
    const change = { communityId: house.here.id, actorId: one.actor.id, email: `new-${one.email}` }
    await inTransaction(house.db, { name: 'test' }, (tx) => changeEmail(tx, change))
    const none = { email: false, totp: false, recoveryCodesLeft: 0 }
    expect(await findSecondFactors(house.db, one.actor.id)).toEqual(none)
    expect(await tryCode(house, one)).toBe('open')
  })
})

describe("an authenticator app's code", () => {
  test('is taken one step early or late, once, and none before it', async () => {
    const one = await withTotp(house)
    expect(await tryCode(house, one)).toBe('asked')
    expect(await signInCodes(house, one)).toEqual([])
    for (const steps of [-2, 2]) expect(await tryCode(house, one, one.codeAt(steps))).toBe('wrong')
    expect(await tryCode(house, one, one.codeAt(-1))).toBe('open')
    expect(await tryCode(house, one, one.codeAt(-1))).toBe('wrong')
    const late = one.codeAt(1)
    expect(await tryCode(house, one, `${late.slice(0, 3)} ${late.slice(3)}`)).toBe('open')
    expect(await tryCode(house, one, one.codeAt(0))).toBe('wrong')
    house.forward(2 * totpStepMs)
    expect(await tryCode(house, one, one.codeAt(0))).toBe('open')
  })

  test('of another account, or of the other community, is wrong', async () => {
    const [one, other, stork] = [
      await withTotp(house),
      await withTotp(house),
      await withTotp(house, house.there),
    ]
    for (const it of [other, stork]) expect(await tryCode(house, one, it.codeAt(0))).toBe('wrong')
    expect(await tryCode(house, stork, stork.codeAt(0))).toBe('open')
  })

  test('typed twice at once opens one session', async () => {
    const one = await withTotp(house)
    const code = one.codeAt(0)
    const outcomes = await Promise.all([tryCode(house, one, code), tryCode(house, one, code)])
    expect(outcomes.toSorted()).toEqual(['open', 'wrong'])
  })

  test('is not asked for before the app has shown one, nor of an app password, nor once it is taken away', async () => {
    const one = await member(house)
    await beginTotp(house.deps, { ...one, issuer: 'herons' })
    expect(await tryCode(house, one)).toBe('open')
    const app = await withTotp(house)
    const { secret } = await createAppPassword(house.deps.db, { ...app, name: 'app', privileged: false })
    await logIn(house, { ...app, password: secret })
    await disableTotp(house.deps, app)
    expect(await tryCode(house, app)).toBe('open')
    expect((await findSecondFactors(house.db, app.actor.id)).recoveryCodesLeft).toBe(0)
  })

  test('has a secret that opens for its own account alone', async () => {
    const [one, other] = [await withTotp(house), await withTotp(house)]
    const rowOf = ({ actor }: typeof one) =>
      house.db
        .selectFrom('account')
        .select(['totp_sealed', 'totp_kek_id'])
        .where('actor_id', '=', actor.id)
        .executeTakeFirstOrThrow()
    const stolen = await rowOf(other)
    await house.db.updateTable('account').set(stolen).where('actor_id', '=', one.actor.id).execute()
    await expect(tryCode(house, one, other.codeAt(0))).rejects.toThrow('unable to authenticate data')
  })

  test('is asked for after a new password, too, whoever has chosen it', async () => {
    const one = await withTotp(house)
    const { db, passwords } = house.deps
    const slot = { actorId: one.actor.id, purpose: emailPurposes.resetPassword }
    const { token } = await inTransaction(db, { name: 'test' }, (tx) =>
      issueEmailToken(tx, { ...slot, now: new Date(house.deps.clock.now()) }),
    )
    const reset = { communityId: house.here.id, token, password: 'of a reset', network: one.network }
    await resetPassword(house.deps, reset)
    await expect(logIn(house, { ...one, password: 'of a reset' })).rejects.toMatchObject(asked)
    const passwordHash = await passwords.hash('of support')
    const change = { communityId: house.here.id, did: one.actor.did, passwordHash, now: new Date() }
    await inTransaction(db, { name: 'test' }, (tx) => setPassword(tx, change))
    const changed = { ...one, password: 'of support' }
    await expect(logIn(house, changed)).rejects.toMatchObject(asked)
    house.forward(2 * clockSkewMaxMs)
    await logIn(house, changed, one.codeAt(0))
  })
})

describe('a recovery code', () => {
  test('is good once, however it is typed, and one by one they are used up', async () => {
    const one = await withTotp(house)
    expect(one.recoveryCodes).toHaveLength(recoveryCodesCount)
    const [first = '', second = ''] = one.recoveryCodes
    expect(await tryCode(house, one, first)).toBe('open')
    expect(await tryCode(house, one, first)).toBe('wrong')
    expect(await tryCode(house, one, second.replaceAll('-', ' ').toUpperCase())).toBe('open')
    const { recoveryCodesLeft } = await findSecondFactors(house.db, one.actor.id)
    expect(recoveryCodesLeft).toBe(recoveryCodesCount - 2)
  })

  test('used twice at once opens one session', async () => {
    const one = await withTotp(house)
    const [code] = one.recoveryCodes
    const outcomes = await Promise.all([tryCode(house, one, code), tryCode(house, one, code)])
    expect(outcomes.toSorted()).toEqual(['open', 'wrong'])
  })

  test('of a login that is killed behind any of its statements is still good, and no session is there', async () => {
    const one = await withTotp(house)
    const { id } = one.actor
    const sessions = () => house.db.selectFrom('session').select('id').where('actor_id', '=', id).execute()
    const before = await sessions()
    const [code] = one.recoveryCodes
    const killed = await killedBehindEachStatement(house, {
      act: (victim) => tryCode({ deps: house.deps, openedBy: victim }, one, code),
      check: async () => {
        expect(await findSecondFactors(house.db, id)).toMatchObject({ recoveryCodesLeft: recoveryCodesCount })
        expect(await sessions()).toEqual(before)
      },
    })
    expect(killed).toBeGreaterThan(5)
    expect(await sessions()).toHaveLength(before.length + 1)
    expect(await tryCode(house, one, code)).toBe('wrong')
  })

  test('of another account, or from before new ones were made, is wrong', async () => {
    const [one, other] = [await withTotp(house), await withTotp(house, house.there)]
    expect(await tryCode(house, one, other.recoveryCodes[0])).toBe('wrong')
    const [fresh] = await newRecoveryCodes(house.deps, one)
    expect(await tryCode(house, one, one.recoveryCodes[0])).toBe('wrong')
    expect(await tryCode(house, one, fresh)).toBe('open')
  })
})

test('an administrator takes every second factor away, of his community alone, and its owner is told', async () => {
  const one = await withTotp(house)
  const { did } = one.actor
  const reset = (community = house.here) =>
    inTransaction(house.db, { name: 'test' }, (tx) =>
      resetSecondFactors(tx, { communityId: community.id, did, now: new Date() }),
    )
  await expect(reset(house.there)).rejects.toMatchObject({ code: 'NotFound' })
  expect(await tryCode(house, one, 'AAAAA-AAAAA')).toBe('wrong')
  expect(await reset()).toEqual({ email: false, totp: true, recoveryCodesLeft: recoveryCodesCount })
  expect(await reset()).toEqual({ email: false, totp: false, recoveryCodesLeft: 0 })
  await logIn(house, one)
  const mails = await house.db.selectFrom('job_outbox').select('payload').execute()
  const told = mails.filter(({ payload }) => JSON.stringify(payload).includes('second-factors-reset'))
  expect(told.map(({ payload }) => payload)).toMatchObject([{ to: one.email, communityId: house.here.id }])
})

test('what is switched is told by mail, once, and nothing where all stays as it is', async () => {
  const one = await withTotp(house)
  expect(await told(one)).toEqual(['second-factor-on app'])
  await setEmailFactor(house.deps, { ...one, enabled: true })
  await setEmailFactor(house.deps, { ...one, enabled: true })
  await newRecoveryCodes(house.deps, one)
  await disableTotp(house.deps, one)
  await disableTotp(house.deps, one)
  await setEmailFactor(house.deps, { ...one, enabled: false })
  await setEmailFactor(house.deps, { ...one, enabled: false })
  expect((await told(one)).slice(1)).toEqual([
    'second-factor-on email',
    'recovery-codes-renewed',
    'second-factor-off app',
    'second-factor-off email',
  ])
  const guess = { ...one, password: 'guess', enabled: true }
  await expect(setEmailFactor(house.deps, guess)).rejects.toThrow('Invalid password')
  expect(await told(one)).toHaveLength(5)
})

test('as the official apps switch sign-in codes by mail it is told, too; and to the old address, where they end with it', async () => {
  const one = await member(house)
  const { community, actor } = one
  const update = (change: { email: string; emailAuthFactor?: boolean; token?: string }) =>
    updateEmail(house.deps, { community, actor, ...change })
  const token = async () => {
    const slot = { actorId: actor.id, purpose: emailPurposes.updateEmail }
    const now = new Date(house.deps.clock.now())
    return (await inTransaction(house.db, { name: 'test' }, (tx) => issueEmailToken(tx, { ...slot, now })))
      .token
  }
  await update({ email: one.email, emailAuthFactor: true })
  await update({ email: one.email, emailAuthFactor: false, token: await token() })
  await update({ email: one.email, emailAuthFactor: true })
  await update({ email: `new-${one.email}`, token: await token() })
  expect(await told(one)).toEqual([
    'second-factor-on email',
    'second-factor-off email',
    'second-factor-on email',
    'email-changed',
    'second-factor-off email',
  ])
})

/** Template and values of the notices that somebody was sent, in order. */
async function told({ email }: { email: string }): Promise<string[]> {
  const rows = house.db.selectFrom('job_outbox').select('payload').where('name', '=', sendMail.name)
  return (await rows.orderBy('id').execute())
    .map(({ payload }) => sendMail.parse(payload))
    .flatMap(({ to, mail }) =>
      to === email && isNotice(mail) ? [[mail.template, ...Object.values(mail.values)].join(' ')] : [],
    )
}
