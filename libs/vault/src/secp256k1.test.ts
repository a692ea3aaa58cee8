import { randomBytes } from 'node:crypto'
import { verifySignature as referenceVerify, Secp256k1Keypair } from '@atproto/crypto'
import { sha256 } from '@heronry/core/cid'
import { describe, expect, test } from 'vitest'
import type { Curve } from './curve.ts'
import { didKeyOf, publicKeyOfDidKey } from './did-key.ts'
import { nativeCurve } from './native-curve.ts'
import { nobleCurve } from './noble-curve.ts'
import { curve, didKeyOfPrivateKey, generatePrivateKey, signWith, verifySignature } from './secp256k1.ts'

const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n
const order = halfOrder * 2n + 1n

describe('the two implementations', () => {
  const curves: Curve[] = [nativeCurve(), nobleCurve()]

  test('give the same key and the same low-S signature, and accept each other', () => {
    for (let round = 0; round < 40; round++) {
      const privateKey = generatePrivateKey()
      const digest = sha256(randomBytes(round))
      const [native, noble] = curves.map((one) => ({
        publicKey: new Uint8Array(one.publicKeyOf(privateKey)),
        signature: new Uint8Array(one.sign(digest, privateKey)),
      }))
      expect(native).toEqual(noble)
      if (native === undefined) throw new Error('unreachable')
      expect(s(native.signature) <= halfOrder).toBe(true)
      for (const one of curves) expect(one.verify(digest, native)).toBe(true)
    }
  })

  test('refuse a high-S signature, a short one and what is no key', () => {
    const privateKey = generatePrivateKey()
    const digest = sha256(randomBytes(9))
    for (const one of curves) {
      const publicKey = one.publicKeyOf(privateKey)
      const signature = one.sign(digest, privateKey)
      expect(one.verify(digest, { publicKey, signature: highS(signature) })).toBe(false)
      expect(one.verify(digest, { publicKey, signature: signature.subarray(1) })).toBe(false)
      expect(one.verify(digest, { publicKey: new Uint8Array(33), signature })).toBe(false)
      expect(one.isPrivateKey(new Uint8Array(32))).toBe(false)
      expect(one.isPrivateKey(new Uint8Array(31).fill(1))).toBe(false)
    }
  })

  test('of which the native one is chosen here', () => {
    expect(curve.name).toBe('native')
  })
})

describe('a did:key', () => {
  test('is the one the reference makes, and its signatures are good there', async () => {
    const privateKey = generatePrivateKey()
    const keypair = await Secp256k1Keypair.import(privateKey)
    expect(didKeyOfPrivateKey(privateKey)).toBe(keypair.did())
    const bytes = randomBytes(100)
    expect(await referenceVerify(keypair.did(), bytes, signWith(privateKey, bytes))).toBe(true)
    const signature = await keypair.sign(bytes)
    expect(verifySignature(bytes, { didKey: keypair.did(), signature })).toBe(true)
    expect(verifySignature(randomBytes(100), { didKey: keypair.did(), signature })).toBe(false)
  })

  test('comes back as the public key it was made of', () => {
    const publicKey = curve.publicKeyOf(generatePrivateKey())
    expect(publicKeyOfDidKey(didKeyOf(publicKey))).toEqual(publicKey)
  })

  test.each([
    ['of P-256', 'did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv'],
    ['that is cut off', 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBm'],
    ['with a foreign character', 'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYB0I'],
    ['without end', `did:key:z${'z'.repeat(1_000_000)}`],
    ['that is none', 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'],
  ])('%s is refused', (_, didKey) => {
    expect(publicKeyOfDidKey(didKey)).toBeNull()
  })
})

function s(signature: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
}

function highS(signature: Uint8Array): Uint8Array {
  const high = (order - s(signature)).toString(16).padStart(64, '0')
  return new Uint8Array(Buffer.concat([signature.subarray(0, 32), Buffer.from(high, 'hex')]))
}
