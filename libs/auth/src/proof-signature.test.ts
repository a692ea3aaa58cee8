import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { createSignatureReader, proofAlgorithms } from './proof-signature.ts'

const read = createSignatureReader()
const claims = { jti: 'x', htm: 'GET' }

test.each(proofAlgorithms)(
  'a proof by %s is read, again and again, by the key in its header',
  async (alg) => {
    const { privateKey, jwk } = pairOf(alg)
    const jkt = await calculateJwkThumbprint(jwk)
    for (let time = 0; time < 2; time++) {
      expect(await read(proof({ alg, jwk }, { privateKey }))).toEqual({ claims, jkt })
    }
  },
)

test('the algorithms are those that the provider’s metadata has', async () => {
  const { WWWAuthenticateError } = await import('@atproto/oauth-provider/errors')
  const { DPoP } = new WWWAuthenticateError('x', 'x', { DPoP: {} }).wwwAuthenticate
  expect([...proofAlgorithms].sort()).toEqual(String(DPoP?.['algs']).split(' ').sort())
})

const p256 = pairOf('ES256')
const k256 = pairOf('ES256K')
const rsa = pairOf('RS256')
const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
const oct = { kty: 'oct', k: Buffer.alloc(32).toString('base64url') }

test.each([
  ['signed by another key', proof({ alg: 'ES256', jwk: p256.jwk }, pairOf('ES256')), 'signature'],
  ['changed', proof({ alg: 'ES256', jwk: p256.jwk }, p256).replace('.', '.e'), 'signature|no JWT'],
  ['of another type', proof({ alg: 'ES256', jwk: p256.jwk, typ: 'JWT' }, p256), 'typ'],
  [
    'with critical extensions',
    proof({ alg: 'ES256', jwk: p256.jwk, crit: ['b64'], b64: false }, p256),
    'critical',
  ],
  ['unsigned', proof({ alg: 'none', jwk: p256.jwk }, p256), 'algorithm'],
  ['of no algorithm', proof({ alg: 'constructor', jwk: p256.jwk }, p256), 'algorithm'],
  ['by a shared secret', hmacProof(), 'algorithm'],
  ['by a shared secret for a public key', proof({ alg: 'ES256', jwk: oct }, p256), 'not for its algorithm'],
  ['by a key of another curve', proof({ alg: 'ES256', jwk: k256.jwk }, k256), 'not for its algorithm'],
  ['by a key of another kind', proof({ alg: 'ES256', jwk: rsa.jwk }, rsa), 'not for its algorithm'],
  ['without a key', proof({ alg: 'ES256' }, p256), 'not for its algorithm'],
  ['by a short key', proof({ alg: 'RS256', jwk: jwkOf(short.publicKey) }, short), 'too short'],
  [
    'with its private key',
    proof({ alg: 'ES256', jwk: p256.privateKey.export({ format: 'jwk' }) }, p256),
    'private',
  ],
  [
    'by a point that is none',
    proof({ alg: 'ES256', jwk: { ...p256.jwk, x: p256.jwk.y } }, p256),
    'cannot be read',
  ],
  ['with no signature', `${textOf({ alg: 'ES256', jwk: p256.jwk })}.`, 'signature'],
  ['with a short signature', `${textOf({ alg: 'ES256', jwk: p256.jwk })}.AAAA`, 'signature'],
  ['of two parts', 'a.b', 'no JWT'],
  ['of four parts', `${proof({ alg: 'ES256', jwk: p256.jwk }, p256)}.x`, 'no JWT'],
  ['that is nothing', 'x', 'no JWT'],
])('a proof %s is refused', async (_what, text, reason) => {
  await expect(read(text)).rejects.toMatchObject({
    error: 'invalid_dpop_proof',
    message: expect.stringMatching(reason),
  })
})

function pairOf(alg: string) {
  const curve = { ES256: 'P-256', ES256K: 'secp256k1', ES384: 'P-384', ES512: 'P-521' }[alg]
  const { privateKey, publicKey } = curve
    ? generateKeyPairSync('ec', { namedCurve: curve })
    : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey, jwk: jwkOf(publicKey) }
}

function jwkOf(publicKey: KeyObject) {
  return publicKey.export({ format: 'jwk' }) as { kty: string; y?: string }
}

function textOf(header: object): string {
  return [{ typ: 'dpop+jwt', ...header }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
}

function proof(
  header: { alg: string; [field: string]: unknown },
  { privateKey: key }: { privateKey: KeyObject },
) {
  const text = textOf(header)
  const hash = `sha${/\d{3}/.exec(header.alg)?.[0] ?? 256}`
  const padding = header.alg.startsWith('PS') && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  }
  const signature = sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363', ...padding })
  return `${text}.${signature.toString('base64url')}`
}

function hmacProof(): string {
  const text = textOf({ alg: 'HS256', jwk: oct })
  return `${text}.${createHmac('sha256', Buffer.alloc(32)).update(text).digest('base64url')}`
}
