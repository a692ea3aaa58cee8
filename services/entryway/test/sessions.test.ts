import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const server = (method: string) => `com.atproto.server.${method}`
const signOut = 'host.heronry.account.signOutEverywhere'

test('signing out everywhere ends every session, this one too, within two seconds, and nobody elses', async () => {
  const { email, password, created } = await signUp(house)
  const neighbour = await signUp(house, 'storks')
  const input = { identifier: email, password }
  const login = await ask(house, server('createSession'), { input })
  const made = { token: login.body.accessJwt, input: { name: 'app' } }
  const app = await ask(house, server('createAppPassword'), made)
  const appInput = { identifier: email, password: app.body.password }
  const appLogin = await ask(house, server('createSession'), { input: appInput })
  const done = await ask(house, signOut, { post: true, token: login.body.accessJwt })
  expect([done.status, done.text]).toEqual([200, ''])
  for (const { accessJwt, refreshJwt } of [created.body, login.body, appLogin.body]) {
    const access = async () => (await ask(house, server('getSession'), { token: accessJwt })).body
    const revoked = { error: 'ExpiredToken', message: 'Token has been revoked' }
    await expect.poll(access, { timeout: 2000 }).toEqual(revoked)
    const refresh = await ask(house, server('refreshSession'), { post: true, token: refreshJwt })
    expect([refresh.status, refresh.body]).toEqual([400, revoked])
  }
  const theirs = { at: 'storks' as const, token: neighbour.created.body.accessJwt }
  expect((await ask(house, server('getSession'), theirs)).status).toBe(200)
  for (const again of [input, appInput]) {
    const fresh = await ask(house, server('createSession'), { input: again })
    expect((await ask(house, server('getSession'), { token: fresh.body.accessJwt })).status).toBe(200)
  }
})

test('signing out everywhere takes a session of the account, of the community that is asked', async () => {
  const { created } = await signUp(house, 'storks')
  expect((await ask(house, signOut, { post: true })).body.error).toBe('AuthMissing')
  const foreign = await ask(house, signOut, { post: true, token: created.body.accessJwt })
  expect(foreign.body.error).toBe('InvalidToken')
})

test('nobody waits to sign up', async () => {
  const { created } = await signUp(house)
  const queue = 'com.atproto.temp.checkSignupQueue'
  expect((await ask(house, queue, { token: created.body.accessJwt })).body).toEqual({ activated: true })
  expect((await ask(house, queue)).body.error).toBe('AuthMissing')
  const foreign = { at: 'storks' as const, token: created.body.accessJwt }
  expect((await ask(house, queue, foreign)).body.error).toBe('InvalidToken')
})

describe('after too many wrong passwords', () => {
  const guess = (identifier: string, remoteAddress: string, password = 'wrong') =>
    ask(house, server('createSession'), { input: { identifier, password }, remoteAddress })

  test('the name is locked from that network alone, the same for one that nobody has', async () => {
    const { email, password } = await signUp(house)
    for (const identifier of [email, 'nobody@example.com']) {
      const answers = await Promise.all(Array.from({ length: 31 }, () => guess(identifier, '192.0.2.7')))
      const told = answers.map(({ status, body }) => `${status} ${body.error}`).sort()
      expect(told.slice(0, 30)).toEqual(Array(30).fill('401 AuthenticationRequired'))
      expect(told[30]).toBe('429 RateLimitExceeded')
      const locked = await guess(identifier, '192.0.2.7', password)
      expect([locked.status, locked.body.error]).toEqual([429, 'RateLimitExceeded'])
      // The first lock is a minute, and the guesses took a part of it.
      expect(Number(locked.headers['retry-after'])).toBeGreaterThan(30)
      expect(Number(locked.headers['retry-after'])).toBeLessThanOrEqual(60)
    }
    expect((await guess(email, '192.0.2.8', password)).status).toBe(200)
    const elsewhere = {
      at: 'storks' as const,
      input: { identifier: email, password },
      remoteAddress: '192.0.2.7',
    }
    expect((await ask(house, server('createSession'), elsewhere)).status).toBe(401)
  })
})

test('a flood of logins stalls nobody who is logged in', async () => {
  const { created } = await signUp(house)
  let answered = 0
  const flood = Array.from({ length: 120 }, (_, n) => {
    const input = { identifier: `nobody${n}@example.com`, password: 'wrong' }
    return ask(house, server('createSession'), { input }).then(({ status }) => {
      answered++
      return status
    })
  })
  let token = created.body.refreshJwt
  for (let n = 0; n < 10; n++) {
    const refreshed = await ask(house, server('refreshSession'), { post: true, token })
    expect(refreshed.status).toBe(200)
    token = refreshed.body.refreshJwt
  }
  expect(answered).toBeLessThan(60)
  expect(new Set(await Promise.all(flood))).toEqual(new Set([401]))
})
