import type { Did } from '@heronry/core/did'
import { generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createTokenVerifier, type TokenExpectation } from './token.ts'

const audience = 'did:web:herons.test' as Did
const expectation: TokenExpectation = { typ: 'at+jwt', audience }

test('the signatures of as many tokens as the limit are remembered; one more, and the one unused for longest is not', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  let verified = 0
  const keys = async () => {
    verified++
    return publicKey
  }
  const verify = createTokenVerifier(keys, { tokensMax: 3 })
  const tokens = await Promise.all(
    [0, 1, 2, 3].map((n) =>
      new SignJWT({ scope: 'com.atproto.access' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
        .setSubject('did:plc:greyheron')
        .setAudience(audience)
        .setJti(String(n))
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  )
  const look = async (n: number) => {
    const before = verified
    expect(await verify(tokens[n] as string, expectation)).toMatchObject({ id: String(n) })
    return verified - before
  }
  for (const n of [0, 1, 2]) expect(await look(n)).toBe(1)
  for (const n of [0, 1, 2]) expect(await look(n)).toBe(0)
  expect(await look(3)).toBe(1)
  for (const n of [3, 2, 1]) expect(await look(n)).toBe(0)
  expect(await look(0)).toBe(1)
})
