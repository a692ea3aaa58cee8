import { deleteAccount as remove } from '@heronry/accounts/delete-account'
import { emailPurposes, issueEmailToken } from '@heronry/accounts/email-token'
import { emailTokenAttemptsMax, loginLockSteps } from '@heronry/accounts/limits'
import { beginLogin } from '@heronry/accounts/login-attempts'
import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import { inTransaction } from '@heronry/db/in-transaction'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { plcMover } from './mover.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

type Community = 'herons' | 'storks'
const server = (method: string) => `com.atproto.server.${method}`
const deleteAccount = (input: object, at: Community = 'herons') =>
  ask(house, server('deleteAccount'), { at, input })

/** An account, and the token that was mailed to it. */
async function leaver(at: Community = 'herons') {
  const account = await signUp(house, at)
  const { did } = account.created.body
  const { id } = await house.db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', did)
    .executeTakeFirstOrThrow()
  const mailed = (now = new Date()) =>
    inTransaction(house.db, { name: 'mail' }, async (tx) => {
      const slot = { actorId: id as ActorId, purpose: emailPurposes.deleteAccount, now }
      return (await issueEmailToken(tx, slot)).token
    })
  return { ...account, id, did, mailed, token: account.created.body.accessJwt as string }
}

const isThere = async (id: bigint) =>
  (await house.db.selectFrom('actor').select('id').where('id', '=', id).execute()).length === 1

test('whoever has the password and the mail deletes the account, and its session is nobody’s', async () => {
  const { id, did, password, mailed, token, email } = await leaver()
  const neighbour = await leaver('storks')
  const answer = await deleteAccount({ did, password, token: (await mailed()).toLowerCase() })
  expect([answer.status, answer.text]).toEqual([200, ''])
  expect([await isThere(id), await isThere(neighbour.id)]).toEqual([false, true])
  const session = await ask(house, server('getSession'), { token })
  expect([session.status, session.body.error]).toEqual([400, 'InvalidRequest'])
  const login = await ask(house, server('createSession'), { input: { identifier: email, password } })
  expect(login.status).toBe(401)
  const { plc } = house.context.signUp
  expect(await plc.lastOperation(did)).toMatchObject({ type: 'plc_operation' })
})

test.each([
  ['deactivated', { deactivated_at: new Date() }],
  ['taken down', { takedown_ref: 'x' }],
  ['suspended', { suspended_until: new Date(Date.now() + 60_000) }],
])('an account that is %s can leave', async (_, state) => {
  const { id, did, password, mailed } = await leaver()
  await house.db.updateTable('actor').set(state).where('id', '=', id).execute()
  expect((await deleteAccount({ did, password, token: await mailed() })).status).toBe(200)
  expect(await isThere(id)).toBe(false)
})

describe('a deletion is refused', () => {
  test.each([
    ['a wrong password', { password: 'wrong' }, 401, 'AuthenticationRequired', 'Invalid did or password'],
    [
      'a password nobody has',
      { password: 'x'.repeat(513) },
      401,
      'AuthenticationRequired',
      'Invalid did or password',
    ],
    ['another DID', { did: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' }, 400, 'InvalidRequest', 'account not found'],
    ['a wrong token', { token: 'AAAAA-AAAAA' }, 400, 'InvalidToken', 'Token is invalid'],
    ['no DID', { did: 'nobody' }, 400, 'InvalidRequest', expect.any(String)],
  ])('with %s', async (_, change, status, error, message) => {
    const { id, did, password, mailed } = await leaver()
    const input = { did, password, token: await mailed(), ...change }
    const answer = await deleteAccount(input)
    expect([answer.status, answer.body]).toEqual([status, { error, message }])
    expect(await isThere(id)).toBe(true)
  })

  test('at another community', async () => {
    const { id, did, password, mailed } = await leaver()
    const answer = await deleteAccount({ did, password, token: await mailed() }, 'storks')
    expect([answer.status, answer.body.message]).toEqual([400, 'account not found'])
    expect(await isThere(id)).toBe(true)
  })

  test('with a token that has run out, and with one for something else', async () => {
    const { id, did, password, mailed } = await leaver()
    const old = await mailed(new Date(Date.now() - 16 * 60_000))
    const late = await deleteAccount({ did, password, token: old })
    expect([late.status, late.body.error]).toEqual([400, 'ExpiredToken'])
    const other = await inTransaction(house.db, { name: 'mail' }, (tx) =>
      issueEmailToken(tx, { actorId: id as ActorId, purpose: emailPurposes.resetPassword, now: new Date() }),
    )
    const wrong = await deleteAccount({ did, password, token: other.token })
    expect([wrong.status, wrong.body.error]).toEqual([400, 'InvalidToken'])
    expect(await isThere(id)).toBe(true)
  })

  test('after as many wrong tokens as are allowed, with the right one, too', async () => {
    const { id, did, password, mailed } = await leaver()
    const [first, second] = [await leaver(), { id, did, password, mailed }]
    const guess = (of: { did: string; password: string }) =>
      deleteAccount({ did: of.did, password: of.password, token: 'AAAAA-AAAAA' })
    const [good, spent] = [await first.mailed(), await second.mailed()]
    for (let count = 1; count < emailTokenAttemptsMax; count++) await guess(first)
    expect((await deleteAccount({ did: first.did, password, token: good })).status).toBe(200)
    for (let count = 1; count <= emailTokenAttemptsMax; count++) await guess(second)
    expect((await deleteAccount({ did, password, token: spent })).body.error).toBe('InvalidToken')
    expect(await isThere(id)).toBe(true)
  })
})

test('a password is no easier to guess at here than by logging in, and nobody elsewhere is kept from anything', async () => {
  const { id, did, password, mailed } = await leaver()
  const { community } = await house.context.communities.forHost('herons.example.com')
  const name = { communityId: community.id, identifier: did, network: '127.0.0.1' }
  const failures = loginLockSteps[0]?.failures ?? 0
  for (let count = 1; count < failures; count++) await beginLogin(house.db, name, new Date())
  const token = await mailed()
  expect((await deleteAccount({ did, password: 'wrong', token })).status).toBe(401)
  const late = await deleteAccount({ did, password, token })
  expect([late.status, late.body.error]).toEqual([429, 'RateLimitExceeded'])
  expect(await isThere(id)).toBe(true)
  const input = { did, password, token }
  const elsewhere = await ask(house, server('deleteAccount'), { input, remoteAddress: '192.0.2.7' })
  expect(elsewhere.status).toBe(200)
})

test('a right password makes the failures before it forgotten, whatever the token', async () => {
  const { did, password } = await leaver()
  const wrong = () => deleteAccount({ did, password: 'wrong', token: 'x' })
  await wrong()
  const counted = house.db.selectFrom('login_attempt').select('key')
  const before = (await counted.execute()).length
  expect((await deleteAccount({ did, password, token: 'x' })).body.error).toBe('InvalidToken')
  expect((await counted.execute()).length).toBe(before - 1)
})

test('of many that delete an account at once one does, and it is announced once', async () => {
  const { id, did, password, mailed } = await leaver()
  const token = await mailed()
  const answers = await Promise.all(Array.from({ length: 5 }, () => deleteAccount({ did, password, token })))
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400])
  const events = house.db.selectFrom('event').select('kind').where('actor_id', '=', id)
  expect((await events.where('kind', '=', 5).execute()).length).toBe(1)
})

test('who comes back after a deletion is not logged in by the tokens of before', async () => {
  const mover = await plcMover(house)
  await mover.moveIn('herons')
  const { accessJwt: first } = await house.context.sessions.tokens.issue({
    audience: 'did:web:herons.example.com' as Did,
    did: mover.did,
    scope: 'com.atproto.access',
    sessionId: 'before',
    issuedAt: { now: Date.now() - 60_000, sessionsSince: null },
  })
  const { id } = await house.db
    .selectFrom('actor')
    .select('id')
    .where('did', '=', mover.did)
    .executeTakeFirstOrThrow()
  await remove({ ...house.context, ...house.context.signUp }, id as ActorId)
  const second = (await mover.moveIn('herons')).body.accessJwt
  const session = (token: string) => ask(house, server('getSession'), { token })
  expect((await session(second)).body).toMatchObject({ did: mover.did })
  const old = await session(first)
  expect([old.status, old.body.error]).toEqual([400, 'ExpiredToken'])
})
