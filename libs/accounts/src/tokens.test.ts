import type { Did } from '@heronry/core/did'
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { createTokenIssuer, importTokenKeys } from './tokens.ts'

const audience = 'did:web:here.example.com' as Did
const did = 'did:plc:alice' as Did

test('the first key signs, all of them are published, and none with its private part', async () => {
  const [first, second] = [await jwk('first'), await jwk('second')]
  const keys = await importTokenKeys({ keys: [first, second] })
  expect(keys.publicJwks.keys.map(({ kid }) => kid)).toEqual(['first', 'second'])
  expect(JSON.stringify(keys.publicJwks)).not.toMatch(/"d":/)
  const grant = { audience, did, scope: 'com.atproto.access', sessionId: 'x' } as const
  const { accessJwt } = await createTokenIssuer({ keys }).issue(grant)
  const { protectedHeader } = await jwtVerify(accessJwt, createLocalJWKSet(keys.publicJwks))
  expect(protectedHeader.kid).toBe('first')
})

test('an access token lives two hours and a refresh token ninety days', async () => {
  const keys = await importTokenKeys({ keys: [await jwk('a')] })
  const issuer = createTokenIssuer({ keys, clock: { now: () => 1_800_000_000_999 } })
  const grant = { audience, did, scope: 'com.atproto.access', sessionId: 'x' } as const
  const { accessJwt, refreshJwt } = await issuer.issue(grant)
  const iat = 1_800_000_000
  expect(claimsOf(accessJwt)).toEqual({
    scope: 'com.atproto.access',
    aud: audience,
    sub: did,
    iat,
    exp: iat + 7200,
  })
  expect(claimsOf(refreshJwt)).toEqual({
    scope: 'com.atproto.refresh',
    aud: audience,
    sub: did,
    jti: 'x',
    iat,
    exp: iat + 90 * 86_400,
  })
})

test.each([
  ['no key', async () => []],
  ['a public key', async () => [{ ...(await jwk('a')), d: undefined }]],
  ['a key without a name', async () => [{ ...(await jwk('a')), kid: undefined }]],
  ['a secret', async () => [{ kty: 'oct', kid: 'a', k: 'c2VjcmV0' }]],
  ['a key of another curve', async () => [{ ...(await jwk('a')), crv: 'secp256k1' }]],
])('%s cannot sign tokens', async (_, keys) => {
  await expect(importTokenKeys({ keys: (await keys()) as never })).rejects.toThrow(RangeError)
})

async function jwk(kid: string) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid }
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
