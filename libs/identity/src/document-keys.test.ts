import { bytesToMultibase, P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import type { Did } from '@heronry/core/did'
import { expect, test } from 'vitest'
import type { DidDocument } from './did-document.ts'
import { documentKey, documentPds } from './document-keys.ts'

const id = 'did:web:heron.example.com' as Did

test.each([
  ['K-256', () => Secp256k1Keypair.create(), 'EcdsaSecp256k1VerificationKey2019'],
  ['P-256', () => P256Keypair.create(), 'EcdsaSecp256r1VerificationKey2019'],
])('a key of %s is read, as a Multikey and as it was written before', async (_, create, legacyType) => {
  const keypair = await create()
  const publicKeyMultibase = keypair.did().slice('did:key:'.length)
  const legacy = bytesToMultibase(keypair.publicKeyBytes(), 'base58btc')
  for (const method of [
    { id: '#atproto', type: 'Multikey', publicKeyMultibase },
    { id: `${id}#atproto`, type: 'Multikey', publicKeyMultibase },
    { id: `${id}#atproto`, type: legacyType, publicKeyMultibase: legacy },
  ]) {
    expect(documentKey(document({ verificationMethod: [{ id: '#other' }, method] }))).toBe(keypair.did())
  }
})

test('what is no key is none', () => {
  for (const method of [
    null,
    'key',
    { id: '#atproto' },
    { id: '#atproto', type: 'Multikey', publicKeyMultibase: 'zzz' },
    { id: '#atproto', type: 'Multikey', publicKeyMultibase: '' },
    { id: '#atproto', type: 'Multikey', publicKeyMultibase: `z${'1'.repeat(300)}` },
    { id: '#atproto', type: 'Ed25519VerificationKey2020', publicKeyMultibase: 'z6Mk' },
    { id: 'did:web:other.example.com#atproto', type: 'Multikey', publicKeyMultibase: 'zQ3sh' },
  ]) {
    expect(documentKey(document({ verificationMethod: [method] }))).toBeUndefined()
  }
  expect(documentKey(document({ verificationMethod: { id: '#atproto' } }))).toBeUndefined()
})

test('the repo service is the one of its name and type', () => {
  const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://a.b' }
  expect(documentPds(document({ service: [service] }))).toBe('https://a.b')
  expect(documentPds(document({ service: [{ ...service, id: `${id}#atproto_pds` }] }))).toBe('https://a.b')
  expect(documentPds(document({ service: [{ ...service, type: 'Other' }] }))).toBeUndefined()
  expect(documentPds(document({ service: [{ ...service, serviceEndpoint: {} }] }))).toBeUndefined()
  expect(documentPds(document({}))).toBeUndefined()
})

function document(parts: object): DidDocument {
  return { id, ...parts } as DidDocument
}
