import { randomBytes } from 'node:crypto'
import type { Did } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Handle } from '@heronry/core/handle'
import { type TestPlc, testPlc } from '@heronry/testing/plc'
import { strangerKey } from '@heronry/testing/stranger-key'
import { generatePrivateKey } from '@heronry/vault/secp256k1'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isSignedByDid } from './atproto-keys.ts'
import type { DidDocument } from './did-document.ts'
import type { DidResolver } from './did-resolver.ts'
import { createHttpFetch } from './http-fetch.ts'
import { createPlcDirectory, type PlcDirectory } from './plc-directory.ts'
import { genesisOperation } from './plc-operation.ts'
import { updateOperation } from './plc-update.ts'

let server: TestPlc
let plc: PlcDirectory
const rotation = signerOfPrivateKey(generatePrivateKey())
const bytes = randomBytes(100)
beforeAll(async () => {
  server = await testPlc()
  plc = createPlcDirectory({ url: server.url, fetch: createHttpFetch({ publicOnly: false }) })
})
afterAll(() => server[Symbol.asyncDispose]())

/** What one server says of one DID. */
const resolving = (answer: () => DidDocument | null) =>
  ({ resolve: async () => answer() }) as unknown as DidResolver
const nobody = resolving(() => null)

test.each(['K-256', 'P-256'] as const)(
  'every %s key of the log has signed for its DID, and no other',
  async (curve) => {
    const [first, second, stranger] = [
      await strangerKey(curve),
      await strangerKey(curve),
      await strangerKey(curve),
    ]
    const { did, operation } = await genesisOperation({
      ...{ signingKey: first.didKey, handle: 'anna.test' as Handle, pdsUrl: 'https://old.test' },
      ...{ rotationKeys: [], rotation },
    })
    await plc.submit(did, operation)
    const change = { verificationMethods: { atproto: second.didKey } }
    await plc.submit(did, await updateOperation(rotation, { last: operation, change }))
    const isSigned = async (key: typeof first) =>
      isSignedByDid({ plc, resolver: nobody }, { did, bytes, signature: await key.sign(bytes) })
    expect([await isSigned(first), await isSigned(second), await isSigned(stranger)]).toEqual([
      true,
      true,
      false,
    ])
    const signature = await first.sign(randomBytes(100))
    expect(await isSignedByDid({ plc, resolver: nobody }, { did, bytes, signature })).toBe(false)
    expect(await isSignedByDid({ plc, resolver: nobody }, { did, bytes, signature: randomBytes(7) })).toBe(
      false,
    )
  },
)

test('a did:web has the key that its document names now', async () => {
  const did = 'did:web:anna.test' as Did
  const [key, stranger] = [await strangerKey(), await strangerKey()]
  const { publicKeyMultibase } = key
  const method = { id: `${did}#atproto`, type: 'Multikey', controller: did, publicKeyMultibase }
  const resolver = resolving(() => ({ id: did, verificationMethod: [method] }) as unknown as DidDocument)
  for (const [by, verdict] of [
    [key, true],
    [stranger, false],
  ] as const) {
    expect(await isSignedByDid({ plc, resolver }, { did, bytes, signature: await by.sign(bytes) })).toBe(
      verdict,
    )
  }
})

test.each<[what: string, did: string]>([
  ['a DID that the directory does not know', `did:plc:${'a'.repeat(24)}`],
  ['a DID of another method that does not resolve', 'did:web:anna.test'],
])('nobody has signed for %s', async (_, did) => {
  const signature = await (await strangerKey()).sign(bytes)
  expect(await isSignedByDid({ plc, resolver: nobody }, { did: did as Did, bytes, signature })).toBe(false)
})

test('nobody can say who has signed where nobody answers', async () => {
  const signature = await (await strangerKey()).sign(bytes)
  const away = createPlcDirectory({
    url: 'http://127.0.0.1:1',
    fetch: createHttpFetch({ publicOnly: false }),
  })
  const resolver = resolving(() => {
    throw new HeronryError('UpstreamFailure', 'gone')
  })
  for (const did of [`did:plc:${'b'.repeat(24)}`, 'did:web:anna.test'] as Did[]) {
    expect(await isSignedByDid({ plc: away, resolver }, { did, bytes, signature })).toBe(false)
  }
})
