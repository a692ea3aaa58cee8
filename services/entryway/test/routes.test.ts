import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

test("a community's did:web is its own, and says where its repos are", async () => {
  const { status, headers, body } = await ask(house, '/.well-known/did.json', { at: 'storks' })
  expect(status).toBe(200)
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect(body).toMatchObject({
    id: 'did:web:storks.example.com',
    service: [
      {
        id: '#atproto_pds',
        type: 'AtprotoPersonalDataServer',
        serviceEndpoint: 'https://storks.example.com',
      },
    ],
  })
})

describe("a handle's host", () => {
  test('names its DID while the account is active, and nothing else', async () => {
    const { handle, created } = await signUp(house)
    const found = await ask(house, '/.well-known/atproto-did', { host: handle })
    expect([found.status, found.text]).toEqual([200, created.body.did])
    expect(found.headers['content-type']).toMatch(/^text\/plain/)
    for (const path of ['/', '/robots.txt', '/.well-known/did.json']) {
      expect((await ask(house, path, { host: handle })).status).toBe(404)
    }
    const state = { deactivated_at: new Date() }
    await house.db.updateTable('actor').set(state).where('did', '=', created.body.did).execute()
    const gone = await ask(house, '/.well-known/atproto-did', { host: handle })
    expect([gone.status, gone.text]).toEqual([404, 'User not found'])
  })

  test('of nobody names nobody', async () => {
    for (const host of ['nobody.herons.test', 'herons.example.com', 'a.b.herons.test']) {
      expect((await ask(house, '/.well-known/atproto-did', { host })).status).toBe(404)
    }
  })
})

test('a certificate may be asked for a community and for an active handle, and for nothing else', async () => {
  const { handle } = await signUp(house, 'storks')
  const verdict = async (domain: string) => (await ask(house, `/tls-check?domain=${domain}`)).status
  expect(await verdict('herons.example.com')).toBe(200)
  expect(await verdict('storks.example.com')).toBe(200)
  expect(await verdict(handle)).toBe(200)
  expect(await verdict('nobody.storks.test')).toBe(404)
  expect(await verdict('example.org')).toBe(400)
  expect(await verdict('')).toBe(400)
  expect(await verdict('a%00.storks.test')).toBe(400)
})

test('health is answered on any host, the rest only at home', async () => {
  const health = await ask(house, '/xrpc/_health', { host: 'elsewhere.example.org' })
  expect([health.status, health.body]).toEqual([200, { version: '1.2.3' }])
  const elsewhere = await ask(house, '/robots.txt', { host: 'elsewhere.example.org' })
  expect([elsewhere.status, elsewhere.body.error]).toEqual([421, 'UnknownHost'])
  expect((await ask(house, '/robots.txt')).text).toContain('Allow: /')
  expect((await ask(house, '/')).text).toContain('AT Protocol')
})

describe('a handle', () => {
  const resolve = (handle: string) =>
    ask(house, `com.atproto.identity.resolveHandle?handle=${encodeURIComponent(handle)}`)

  test('of an account here resolves, in any case', async () => {
    const { handle, created } = await signUp(house)
    expect((await resolve(handle.toUpperCase())).body).toEqual({ did: created.body.did })
  })

  test.each([
    ['nobody.herons.test', 'HandleNotFound'],
    ['somebody.example.org', 'InvalidRequest'],
  ])('%s does not: %s', async (handle, error) => {
    const answer = await resolve(handle)
    expect([answer.status, answer.body]).toEqual([400, { error, message: 'Unable to resolve handle' }])
  })

  test.each(['', 'nobody', 'a\u0000b.test', `${'a'.repeat(10_000)}.test`])(
    'that is none is a 400 (%#)',
    async (handle) => {
      expect((await resolve(handle)).status).toBe(400)
    },
  )
})
