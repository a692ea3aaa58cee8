import { randomBytes } from 'node:crypto'
import type { Did } from '@heronry/core/did'
import type { Handle } from '@heronry/core/handle'
import { type TestPlc, testPlc } from '@heronry/testing/plc'
import { testWeb } from '@heronry/testing/web'
import { didKeyOfPrivateKey, generatePrivateKey } from '@heronry/vault/secp256k1'
import { signerOfPrivateKey } from '@heronry/vault/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHttpFetch } from './http-fetch.ts'
import { createPlcDirectory, type PlcDirectory } from './plc-directory.ts'
import { genesisOperation, operationCid, tombstoneOperation } from './plc-operation.ts'

let server: TestPlc
let plc: PlcDirectory
const rotation = signerOfPrivateKey(generatePrivateKey())

beforeAll(async () => {
  server = await testPlc()
  plc = createPlcDirectory({ url: `${server.url}/`, fetch: createHttpFetch({ publicOnly: false }) })
})
afterAll(() => server[Symbol.asyncDispose]())

test('a DID lives from its genesis operation to its tombstone', async () => {
  const { did, operation } = await genesis()
  expect(await plc.document(did)).toBeNull()
  expect(await plc.lastOperation(did)).toBeNull()

  await plc.submit(did, operation)
  expect(await plc.document(did)).toMatchObject({
    id: did,
    alsoKnownAs: ['at://alice.test'],
    service: [{ serviceEndpoint: 'http://localhost:2583' }],
  })
  expect(await plc.lastOperation(did)).toEqual(operation)

  await plc.submit(did, await tombstoneOperation(rotation, operation))
  expect(await plc.document(did)).toBeNull()
  expect(await plc.lastOperation(did)).toMatchObject({ type: 'plc_tombstone', prev: operationCid(operation) })
})

test("the house's rotation key comes last and once", async () => {
  const recovery = didKeyOfPrivateKey(generatePrivateKey())
  const { operation } = await genesis([recovery, rotation.didKey, recovery])
  expect(operation.rotationKeys).toEqual([recovery, rotation.didKey])
})

test.each(['', 'did:key:z', 'did:key:zzz', 'did:plc:abc', 'a\u0000b', 'x'.repeat(100_000)])(
  'what is no key cannot become a recovery key (%#)',
  async (recoveryKey) => {
    await expect(genesis([recoveryKey])).rejects.toMatchObject({ code: 'InvalidRequest' })
  },
)

test('what the directory refuses is passed on as its refusal', async () => {
  const { did, operation } = await genesis()
  const forged = { ...operation, sig: randomBytes(64).toString('base64url') }
  await expect(plc.submit(did, forged)).rejects.toMatchObject({ code: 'InvalidRequest' })
  expect(await plc.lastOperation(did)).toBeNull()
})

test.each([
  [400, '{"message":"Invalid prev"}', 'InvalidRequest', 'Invalid prev'],
  [409, 'hello', 'InvalidRequest', 'Unable to perform PLC operation'],
  [429, '{"message":5}', 'InvalidRequest', 'Unable to perform PLC operation'],
  [500, '{"message":"Internal"}', 'UpstreamFailure', 'Internal'],
  [503, '', 'UpstreamFailure', 'Unable to perform PLC operation'],
])('a directory that answers %i %s is passed on as %s', async (status, body, code, message) => {
  await using web = await testWeb()
  const fetch = createHttpFetch({ publicOnly: false })
  const directory = createPlcDirectory({
    url: 'https://plc.example.org',
    fetch: (request) => fetch({ ...request, url: web.at(request.url) }),
  })
  const { did, operation } = await genesis()
  web.pages.set(`https://plc.example.org/${encodeURIComponent(did)}`, { status, body })
  await expect(directory.submit(did, operation)).rejects.toMatchObject({ code, message })
})

test('a directory that is not there is an upstream failure', async () => {
  const gone = createPlcDirectory({
    url: 'http://localhost:1',
    fetch: createHttpFetch({ publicOnly: false }),
  })
  await expect(gone.document('did:plc:x' as Did)).rejects.toMatchObject({ code: 'UpstreamFailure' })
})

function genesis(rotationKeys: string[] = []) {
  return genesisOperation({
    signingKey: didKeyOfPrivateKey(generatePrivateKey()),
    handle: 'alice.test' as Handle,
    pdsUrl: 'http://localhost:2583',
    rotationKeys,
    rotation,
  })
}
