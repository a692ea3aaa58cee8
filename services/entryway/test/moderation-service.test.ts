import type { Did } from '@heronry/core/did'
import { type StrangerKey, strangerKey } from '@heronry/testing/stranger-key'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Person, repoRef, somebody } from './admin-calls.ts'
import { ask } from './ask.ts'
import { type EntrywayHouse, entrywayHouse } from './entryway-house.ts'
import { storeRecordAndBlob } from './stored-subjects.ts'

const service = 'did:web:mod.example.org' as Did
const audience = 'did:web:herons.example.com'
const updateSubjectStatus = 'com.atproto.admin.updateSubjectStatus'

let house: EntrywayHouse
let repoKey: StrangerKey
let labelKey: StrangerKey
let person: Person
beforeAll(async () => {
  house = await entrywayHouse({ modServiceDid: service })
  repoKey = await strangerKey()
  labelKey = await strangerKey()
  const method = (fragment: string, { publicKeyMultibase }: StrangerKey) => ({
    ...{ id: `${service}#${fragment}`, type: 'Multikey', controller: service, publicKeyMultibase },
  })
  const verificationMethod = [method('atproto', repoKey), method('atproto_label', labelKey)]
  house.web.pages.set('https://mod.example.org/.well-known/did.json', {
    ...{ type: 'application/json', body: JSON.stringify({ id: service, verificationMethod }) },
  })
  person = await somebody(house)
})
afterAll(() => house[Symbol.asyncDispose]())

const takeDown = (token: string, at: 'herons' | 'storks' = 'herons') => {
  const input = { subject: repoRef(person.did), takedown: { applied: true, ref: '7' } }
  return ask(house, updateSubjectStatus, { at, token, input })
}

interface Claims {
  key?: StrangerKey
  iss?: string
  aud?: string
  lxm?: string
}

const token = ({ key = repoKey, ...claims }: Claims = {}) =>
  key.serviceToken({ iss: service, aud: audience, lxm: updateSubjectStatus, ...claims })

test.each([
  ['the service', () => token()],
  ['its labeler', () => token({ key: labelKey, iss: `${service}#atproto_labeler` })],
])('%s moderates, and is named in the audit log', async (_who, signed) => {
  const answer = await takeDown(await signed())
  expect([answer.status, answer.body.takedown]).toEqual([200, { applied: true, ref: '7' }])
  const { body } = await ask(house, 'host.heronry.admin.listAudit?limit=1', { admin: 'herons-secret' })
  expect(body.entries).toMatchObject([{ principal: service, method: updateSubjectStatus, outcome: 'done' }])
})

test('its token counts once, for the method it names, at the community that trusts it', async () => {
  const used = await token()
  expect((await takeDown(used)).status).toBe(200)
  const refusal = async (signed: string, at?: 'storks') => {
    const { status, body } = await takeDown(signed, at)
    return [status, body.error]
  }
  expect(await refusal(used)).toEqual([401, 'BadJwt'])
  expect(await refusal(await token({ lxm: 'com.atproto.admin.sendEmail' }))).toEqual([
    401,
    'BadJwtLexiconMethod',
  ])
  expect(await refusal(await token({ aud: 'did:web:storks.example.com' }))).toEqual([401, 'BadJwtAudience'])
  expect(await refusal(await token({ key: labelKey }))).toEqual([401, 'BadJwtSignature'])
  expect(await refusal(await token({ iss: `${service}#atproto_labeler` }))).toEqual([401, 'BadJwtSignature'])
  expect(await refusal(await token({ aud: 'did:web:storks.example.com' }), 'storks')).toEqual([
    401,
    'UntrustedIss',
  ])
})

test('nobody else moderates, and no stranger writes into the audit log by trying', async () => {
  const newest = async () => {
    const { body } = await ask(house, 'host.heronry.admin.listAudit?limit=1', { admin: 'herons-secret' })
    return body.entries[0].seq
  }
  const before = await newest()
  for (const iss of ['did:web:other.example.org', `${service}#bsky_fg`, 'x']) {
    const { status, body } = await takeDown(await token({ iss }))
    expect([status, body.error]).toEqual([401, 'UntrustedIss'])
  }
  const member = await takeDown(person.created.body.accessJwt)
  expect([member.status, member.body.error]).toEqual([401, 'UntrustedIss'])
  expect(await newest()).toBe(before)
})

test('it may moderate, and not administer', async () => {
  for (const method of [
    'deleteAccount',
    'updateAccountPassword',
    'updateAccountHandle',
    'updateAccountEmail',
  ]) {
    const nsid = `com.atproto.admin.${method}`
    const answer = await ask(house, nsid, { token: await token({ lxm: nsid }), input: {} })
    expect([method, answer.status, answer.body.error]).toEqual([method, 401, 'AuthenticationRequired'])
  }
  const nsid = 'com.atproto.admin.getAccountInfo'
  const read = await ask(house, `${nsid}?did=${person.did}`, { token: await token({ lxm: nsid }) })
  expect(read.body).toMatchObject({ did: person.did })
})

test('it takes down a record and a blob, too, and asks what has become of them', async () => {
  const cid = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
  const uri = await storeRecordAndBlob(house, { did: person.did, blobCid: cid })
  const record = { $type: 'com.atproto.repo.strongRef', uri, cid }
  const blob = { $type: 'com.atproto.admin.defs#repoBlobRef', did: person.did, cid }
  const lxm = 'com.atproto.admin.getSubjectStatus'
  for (const [subject, query] of [
    [record, { uri }],
    [blob, { did: person.did, blob: cid }],
  ] as const) {
    for (const applied of [true, false]) {
      const input = { subject, takedown: { applied, ...(applied && { ref: '9' }) } }
      const answer = await ask(house, updateSubjectStatus, { token: await token(), input })
      expect([answer.status, answer.body]).toEqual([200, input])
      const found = await ask(house, `${lxm}?${new URLSearchParams(query)}`, { token: await token({ lxm }) })
      expect(found.body).toMatchObject({ subject: { $type: subject.$type }, takedown: { applied } })
    }
  }
})
