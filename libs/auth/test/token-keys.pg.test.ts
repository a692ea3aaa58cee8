import { randomBytes } from 'node:crypto'
import { createTokenIssuer, importTokenKeys } from '@heronry/accounts/tokens'
import { createLocalJWKSet, decodeProtectedHeader, type JWTPayload, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createAuth } from '../src/create-auth.ts'
import { legacySessionsTtlMs } from '../src/limits.ts'
import { type AuthHouse, authHouse, did, nobody, request, tokenKey } from './auth-house.ts'

const hour = 3600
const cutOver = Math.floor(Date.now() / 1000) - 600
const secret = randomBytes(16).toString('hex')
const legacySessions = { secret, cutOver: new Date(cutOver * 1000).toISOString() }

let house: AuthHouse
beforeAll(async () => {
  house = await authHouse({ legacySessions })
})
afterAll(() => house[Symbol.asyncDispose]())
afterEach(() => {
  vi.useRealTimers()
})

const authWith = async (keys: ReturnType<typeof tokenKey>[]) => {
  const imported = await importTokenKeys({ keys })
  const auth = createAuth({
    db: house.api,
    keys: createLocalJWKSet(imported.publicJwks),
    resolver: nobody,
    dpop: house.dpop,
  })
  const whose = {
    audience: house.herons.serviceDid,
    did,
    sessionId: 'x',
    scope: 'com.atproto.access',
  } as const
  const issue = async () => (await createTokenIssuer({ keys: imported }).issue(whose)).accessJwt
  const open = (token: string) =>
    auth
      .session({ reach: 'standard' })(request(token, house.herons))
      .catch(({ code }) => code)
  return { auth, issue, open }
}

test('a token of an older key counts as long as the key is in the set; new ones are signed with the first', async () => {
  const [old, fresh] = [tokenKey('old'), tokenKey('new')]
  const before = await (await authWith([old])).issue()
  const both = await authWith([fresh, old])
  expect(await both.open(before)).toMatchObject({ type: 'session' })
  const after = await both.issue()
  expect(decodeProtectedHeader(after)).toMatchObject({ kid: 'new', alg: 'ES256' })
  expect(await both.open(after)).toMatchObject({ type: 'session' })
  const rotated = await authWith([fresh])
  expect(await rotated.open(after)).toMatchObject({ type: 'session' })
  expect(await rotated.open(before)).toBe('InvalidToken')
})

describe('a token that was signed with the secret of the server before', () => {
  const claims = () => ({
    scope: 'com.atproto.access',
    aud: house.herons.serviceDid,
    sub: did,
    iat: cutOver - 60,
    exp: cutOver - 60 + 2 * hour,
  })
  const signed = (change: JWTPayload = {}, { typ = 'at+jwt', key = secret, alg = 'HS256' } = {}) =>
    new SignJWT({ ...claims(), ...change })
      .setProtectedHeader({ typ, alg })
      .sign(new TextEncoder().encode(key))
  const refreshClaims = { scope: 'com.atproto.refresh', jti: 'a', exp: cutOver + 89 * 24 * hour }

  test('counts, and as a refresh token too, at the community that it was imported for and no other', async () => {
    const { auth, open } = await authWith([tokenKey('a')])
    expect(await open(await signed())).toMatchObject({ type: 'session', scope: 'com.atproto.access' })
    const refresh = await signed(refreshClaims, { typ: 'refresh+jwt' })
    expect(await auth.refresh()(request(refresh, house.herons))).toMatchObject({ sessionId: 'a' })
    const elsewhere = await signed({ aud: house.storks.serviceDid })
    for (const token of [await signed(), elsewhere]) {
      await expect(auth.session({ reach: 'full' })(request(token, house.storks))).rejects.toMatchObject({
        code: 'InvalidToken',
      })
    }
    expect(await open(elsewhere)).toBe('InvalidToken')
  })

  test.each<[string, JWTPayload, object, string]>([
    ['with another secret', {}, { key: 'x'.repeat(32) }, 'InvalidToken'],
    ['with another algorithm', {}, { alg: 'HS512' }, 'InvalidToken'],
    ['for something else', {}, { typ: 'dpop+jwt' }, 'InvalidToken'],
    ['for one method', { lxm: 'a.b.c' }, {}, 'InvalidToken'],
    ['at the cut-over', { iat: cutOver }, {}, 'InvalidToken'],
    ['after the cut-over', { iat: cutOver + 1 }, {}, 'InvalidToken'],
    ['without saying when', { iat: undefined }, {}, 'InvalidToken'],
    ['without an end', { exp: undefined }, {}, 'InvalidToken'],
    ['and has run out', { exp: cutOver }, {}, 'ExpiredToken'],
    [
      'to live for longer than they do',
      { iat: cutOver - 3 * hour, exp: cutOver + 99 * hour },
      {},
      'ExpiredToken',
    ],
    ['for an app password that it does not name', { scope: 'com.atproto.appPass' }, {}, 'ExpiredToken'],
  ])('is refused: %s', async (_, change, header, code) => {
    const { open } = await authWith([tokenKey('a')])
    expect(await open(await signed(change, header))).toBe(code)
  })

  test('is nothing 90 days after the cut-over, whatever it says, and a moment before is', async () => {
    const { auth } = await authWith([tokenKey('a')])
    const lastly = { ...refreshClaims, iat: cutOver - 1, exp: cutOver + 999 * 24 * hour }
    const token = await signed(lastly, { typ: 'refresh+jwt' })
    const logOut = () => auth.logOut(request(token, house.herons))
    const refresh = () => auth.refresh()(request(token, house.herons))
    vi.setSystemTime(cutOver * 1000 + legacySessionsTtlMs - 1001)
    expect(await refresh()).toMatchObject({ sessionId: 'a' })
    vi.setSystemTime(cutOver * 1000 + legacySessionsTtlMs - 1)
    expect(await logOut()).toMatchObject({ sessionId: 'a' })
    await expect(refresh()).rejects.toMatchObject({ code: 'ExpiredToken' })
    vi.setSystemTime(cutOver * 1000 + legacySessionsTtlMs)
    await expect(logOut()).rejects.toMatchObject({ code: 'ExpiredToken' })
  })
})
