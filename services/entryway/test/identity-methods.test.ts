import type { Did } from '@heronry/core/did'
import type { PlcOperation } from '@heronry/identity/plc-operation'
import { tombstoneOperation } from '@heronry/identity/plc-operation'
import { updateOperation } from '@heronry/identity/plc-update'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, signUp } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'

let house: EntrywayHouse
beforeAll(async () => {
  house = await entrywayHouse()
})
afterAll(() => house[Symbol.asyncDispose]())

const identity = (name: string) => `com.atproto.identity.${name}`
const resolveHandle = (handle: string, at: 'herons' | 'storks' = 'herons') =>
  ask(house, `${identity('resolveHandle')}?handle=${handle}`, { at })
const resolveDid = (did: string) => ask(house, `${identity('resolveDid')}?did=${did}`)
const resolveIdentity = (identifier: string, at: 'herons' | 'storks' = 'herons') =>
  ask(house, `${identity('resolveIdentity')}?identifier=${identifier}`, { at })
const refreshIdentity = (identifier: string) =>
  ask(house, identity('refreshIdentity'), { input: { identifier } })

const notResolved = { error: 'HandleNotFound', message: 'Unable to resolve handle' }
const webDid = 'did:web:carol.example.org'
const webDocument = (alsoKnownAs: string[]) => ({ body: JSON.stringify({ id: webDid, alsoKnownAs }) })
const webPage = 'https://carol.example.org/.well-known/did.json'

describe('resolveHandle', () => {
  test('answers for active accounts, at every community of the house as at its own', async () => {
    const { handle, created } = await signUp(house)
    const { did } = created.body
    for (const at of ['herons', 'storks'] as const) {
      const answer = await resolveHandle(handle.toUpperCase(), at)
      expect([answer.status, answer.body]).toEqual([200, { did }])
    }
    await deactivate(did)
    for (const at of ['herons', 'storks'] as const) {
      const answer = await resolveHandle(handle, at)
      expect([answer.status, answer.body]).toEqual([400, notResolved])
    }
  })

  test('knows at once that a handle under a domain of the house is nobody, and asks nobody', async () => {
    house.dns.records.set('_atproto.nobody.storks.test', ['did=did:plc:ewvi7nxzyoun6zhxrhs64oiz'])
    const answer = await resolveHandle('nobody.storks.test')
    expect([answer.status, answer.body]).toEqual([400, notResolved])
    expect(house.dns.asked).not.toContain('_atproto.nobody.storks.test')
  })

  test('asks the world for the others, DNS first', async () => {
    house.dns.records.set('_atproto.dns.example.org', [`did=${webDid}`])
    expect((await resolveHandle('dns.example.org')).body).toEqual({ did: webDid })
    house.web.pages.set('https://web.example.org/.well-known/atproto-did', { body: webDid })
    expect((await resolveHandle('web.example.org')).body).toEqual({ did: webDid })
    const unknown = await resolveHandle('unknown.example.org')
    const body = { error: 'InvalidRequest', message: 'Unable to resolve handle' }
    expect([unknown.status, unknown.body]).toEqual([400, body])
  })

  test('refuses what is no handle', async () => {
    const { status, body } = await resolveHandle('no_handle')
    expect([status, body.error]).toEqual([400, 'InvalidRequest'])
  })
})

describe('resolveDid', () => {
  test('answers with the document, which is cached', async () => {
    const { created } = await signUp(house)
    const answer = await resolveDid(created.body.did)
    expect([answer.status, answer.body]).toEqual([200, { didDoc: created.body.didDoc }])
    house.web.pages.set(webPage, webDocument([]))
    expect((await resolveDid(webDid)).body).toEqual({ didDoc: { id: webDid, alsoKnownAs: [] } })
    house.web.pages.delete(webPage)
    expect((await resolveDid(webDid)).status).toBe(200)
  })

  test.each(['did:plc:ewvi7nxzyoun6zhxrhs64oiz', 'did:web:nobody.example.org'])(
    '%s is not found',
    async (did) => {
      const { status, body } = await resolveDid(did)
      expect([status, body]).toEqual([400, { error: 'DidNotFound', message: 'The DID could not be found' }])
    },
  )

  test('tells a DID that has ended from one that never was', async () => {
    const did = await ended()
    const { status, body } = await resolveDid(did)
    expect([status, body.error]).toEqual([400, 'DidDeactivated'])
  })

  test.each([
    'did:web:',
    'did:web:%00',
    'did:web:a%3A99999',
    'did:plc:%',
    'did:',
    'x',
    `did:web:${'a'.repeat(3000)}`,
  ])('answers 400 to %s', async (did) => {
    for (const answer of [
      await resolveDid(encodeURIComponent(did)),
      await resolveIdentity(encodeURIComponent(did)),
    ]) {
      expect(answer.status).toBe(400)
    }
    expect((await refreshIdentity(did)).status).toBe(400)
  })

  test('refuses a DID of another method, and passes on that a server fails', async () => {
    expect((await resolveDid('did:key:zQ3sh')).body.error).toBe('Unsupported')
    house.web.pages.set('https://broken.example.org/.well-known/did.json', { status: 500 })
    const { status, body } = await resolveDid('did:web:broken.example.org')
    expect([status, body.error]).toEqual([502, 'UpstreamFailure'])
  })
})

describe('resolveIdentity', () => {
  test('answers for a DID and for a handle, of this community and of another', async () => {
    const { handle, created } = await signUp(house, 'storks')
    const { did, didDoc } = created.body
    for (const identifier of [did, handle]) {
      for (const at of ['herons', 'storks'] as const) {
        const answer = await resolveIdentity(identifier, at)
        expect([answer.status, answer.body]).toEqual([200, { did, handle, didDoc }])
      }
    }
  })

  test('shows handle.invalid unless document and handle point at each other', async () => {
    const page = { did: webDid, handle: 'handle.invalid' }
    house.web.pages.set(webPage, webDocument(['at://carol.example.org']))
    await refreshIdentity(webDid)
    // The handle does not resolve.
    expect((await resolveIdentity(webDid)).body).toMatchObject(page)
    house.dns.records.set('_atproto.carol.example.org', ['did=did:web:other.example.org'])
    expect((await resolveIdentity(webDid)).body).toMatchObject(page)
    house.dns.records.set('_atproto.carol.example.org', [`did=${webDid}`])
    expect((await resolveIdentity(webDid)).body).toMatchObject({ did: webDid, handle: 'carol.example.org' })
    // Another handle that leads there, which the document does not name first, is not the account's.
    house.dns.records.set('_atproto.second.example.org', [`did=${webDid}`])
    expect((await resolveIdentity('second.example.org')).body).toMatchObject({ handle: 'carol.example.org' })
    for (const names of [[], ['https://carol.example.org'], ['at://-']]) {
      house.web.pages.set(webPage, webDocument(names))
      expect((await refreshIdentity(webDid)).body).toMatchObject(page)
    }
  })

  test('says what it could not find', async () => {
    const answers = await Promise.all(
      ['nobody.example.org', 'nobody.herons.test', 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', await ended()].map(
        (it) => resolveIdentity(it),
      ),
    )
    expect(answers.map(({ status, body }) => [status, body.error])).toEqual([
      [400, 'HandleNotFound'],
      [400, 'HandleNotFound'],
      [400, 'DidNotFound'],
      [400, 'DidDeactivated'],
    ])
  })
})

describe('refreshIdentity', () => {
  test('asks past the cache, and what it hears is cached', async () => {
    const { handle, created } = await signUp(house)
    const { did } = created.body
    await resolveIdentity(did)
    await changeAtDirectory(did, { alsoKnownAs: ['at://elsewhere.example.org'] })
    expect((await resolveIdentity(did)).body).toMatchObject({ handle })
    expect((await refreshIdentity(did)).body).toMatchObject({
      did,
      handle: 'handle.invalid',
      didDoc: { alsoKnownAs: ['at://elsewhere.example.org'] },
    })
    expect((await resolveIdentity(did)).body).toMatchObject({ handle: 'handle.invalid' })
  })

  test('says what it could not find', async () => {
    const answers = await Promise.all(['nobody.example.org', await ended()].map(refreshIdentity))
    expect(answers.map(({ body }) => body.error)).toEqual(['HandleNotFound', 'DidDeactivated'])
  })
})

describe('updateHandle', () => {
  const updateHandle = (token: string, handle: string, at: 'herons' | 'storks' = 'herons') =>
    ask(house, identity('updateHandle'), { at, token, input: { handle } })

  test('changes the handle everywhere', async () => {
    const { created } = await signUp(house)
    const { did, accessJwt } = created.body
    const answer = await updateHandle(accessJwt, 'Renamed.herons.test')
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect((await resolveHandle('renamed.herons.test')).body).toEqual({ did })
    expect((await resolveDid(did)).body.didDoc.alsoKnownAs).toEqual(['at://renamed.herons.test'])
    const session = await ask(house, 'com.atproto.server.getSession', { token: accessJwt })
    expect(session.body.handle).toBe('renamed.herons.test')
  })

  let accessJwt: string
  beforeAll(async () => {
    const input = { handle: 'taken.herons.test', email: 'taken@example.com', password: 'secret' }
    await ask(house, 'com.atproto.server.createAccount', { input })
    accessJwt = (await signUp(house)).created.body.accessJwt
  })

  test.each([
    ['ab.herons.test', 'InvalidHandle', 'Handle too short'],
    ['siegheil.herons.test', 'InvalidHandle', 'Inappropriate language in handle'],
    ['alice.onion', 'InvalidHandle', 'Handle TLD is invalid or disallowed'],
    ['admin.herons.test', 'HandleNotAvailable', 'Reserved handle'],
    ['taken.herons.test', 'HandleNotAvailable', 'Handle already taken: taken.herons.test'],
    ['alice.storks.test', 'InvalidRequest', 'External handle did not resolve to DID'],
    ['alice.example.org', 'InvalidRequest', 'External handle did not resolve to DID'],
  ])('%s is refused: %s', async (handle, error, message) => {
    const answer = await updateHandle(accessJwt, handle)
    expect([answer.status, answer.body]).toEqual([400, { error, message }])
  })

  test('is for sessions of this community whose account was not taken down', async () => {
    const { created } = await signUp(house, 'storks')
    const { did, accessJwt } = created.body
    expect((await updateHandle(accessJwt, 'mine.herons.test')).body.error).toBe('InvalidToken')
    expect((await ask(house, identity('updateHandle'), { input: { handle: 'a.test' } })).body.error).toBe(
      'AuthMissing',
    )
    await takeDown(did)
    const answer = await updateHandle(accessJwt, 'mine.storks.test', 'storks')
    expect([answer.status, answer.body.error]).toEqual([401, 'AccountTakedown'])
  })
})

describe("a community's handle rules", () => {
  const rule = { kind: 'reserved', word: 'bittern' }
  const edit = (input: object, at: 'herons' | 'storks' = 'herons', admin = `${at}-secret`) =>
    ask(house, 'host.heronry.admin.editHandleRules', { at, admin, input })

  test('are edited by its administrator and nobody else, and are its own', async () => {
    expect((await edit({ add: [rule] })).body).toEqual({ rules: [rule] })
    expect((await edit({ add: [rule] }, 'storks', 'herons-secret')).status).toBe(401)
    for (const [at, rules] of [
      ['herons', [rule]],
      ['storks', []],
    ] as const) {
      const list = { at, admin: `${at}-secret` }
      expect((await ask(house, 'host.heronry.admin.listHandleRules', list)).body).toEqual({ rules })
    }
    const input = { handle: 'bittern.herons.test', email: 'b@example.com', password: 'secret' }
    const refused = await ask(house, 'com.atproto.server.createAccount', { input })
    expect([refused.status, refused.body.error]).toEqual([400, 'HandleNotAvailable'])
    expect((await edit({ remove: [rule] })).body).toEqual({ rules: [] })
    expect((await ask(house, 'com.atproto.server.createAccount', { input })).status).toBe(200)
  })

  test('are refused where they are none', async () => {
    for (const word of ['x', 'two words']) {
      const { status, body } = await edit({ add: [{ kind: 'reserved', word }] })
      expect([status, body.error]).toEqual([400, 'InvalidRequest'])
    }
    expect((await edit({ add: [{ kind: 'other', word: 'heron' }] })).status).toBe(400)
    expect((await ask(house, 'host.heronry.admin.listHandleRules')).status).toBe(401)
  })
})

async function ended(): Promise<Did> {
  const { created } = await signUp(house)
  const { did } = created.body
  const { plc, rotation } = house.context.signUp
  const last = (await plc.lastOperation(did)) as PlcOperation
  await plc.submit(did, await tombstoneOperation(rotation, last))
  await refreshIdentity(did)
  return did
}

async function changeAtDirectory(did: Did, change: { alsoKnownAs: string[] }) {
  const { plc, rotation } = house.context.signUp
  const last = (await plc.lastOperation(did)) as PlcOperation
  await plc.submit(did, await updateOperation(rotation, { last, change }))
}

async function deactivate(did: string) {
  await house.db.updateTable('actor').set({ deactivated_at: new Date() }).where('did', '=', did).execute()
}

async function takeDown(did: string) {
  await house.db.updateTable('actor').set({ takedown_ref: 'x' }).where('did', '=', did).execute()
}
