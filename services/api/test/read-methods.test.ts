import { pageValueBytesMax } from '@heronry/repo/read-limits'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, admin, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

const thing = 'com.example.thing'

let house: ApiHouse
let heron: Member
let stork: Member
/** In quarantine. */
let newcomer: Member
const inactive: Record<string, Member> = {}

beforeAll(async () => {
  house = await apiHouse()
  heron = await house.member('heron')
  stork = await house.member('stork', { community: house.storks })
  newcomer = await house.member('newcomer', { published: false })
  for (const rkey of ['1', '2', '3']) await write(heron, rkey)
  await write(heron, 'x', `${thing}er`)
  await write(stork, '1')
  await write(newcomer, '1')
  for (const [status, columns] of Object.entries(states)) {
    const member = await house.member(status)
    await write(member, '1')
    await house.db.updateTable('actor').set(columns).where('id', '=', member.id).execute()
    inactive[status] = member
  }
})
afterAll(() => house[Symbol.asyncDispose]())

const states = {
  takendown: { takedown_ref: 'ref' },
  suspended: { suspended_until: new Date(Date.now() + 3_600_000) },
  deactivated: { deactivated_at: new Date() },
}

async function write(member: Member, rkey: string, collection = thing): Promise<void> {
  const input = { repo: member.did, collection, rkey, record: { rkey, by: member.handle } }
  const { status } = await house.post('com.atproto.repo.putRecord', input, { as: member })
  expect(status).toBe(200)
}

const getRecord = (params: object, asking = {}) =>
  house.get(
    'com.atproto.repo.getRecord',
    { repo: heron.did, collection: thing, rkey: '1', ...params },
    asking,
  )
const listRecords = (params: object, asking = {}) =>
  house.get('com.atproto.repo.listRecords', { repo: heron.did, collection: thing, ...params }, asking)
const describeRepo = (repo: string, asking = {}) =>
  house.get('com.atproto.repo.describeRepo', { repo }, asking)
const rkeysOf = ({ json }: { json: { records: { value: { rkey: string } }[] } }) =>
  json.records.map(({ value }) => value.rkey)

describe('getRecord', () => {
  test('answers the record by DID and by handle, and by the CID it has now', async () => {
    const { json } = await getRecord({})
    const value = { $type: thing, rkey: '1', by: heron.handle }
    expect(json).toEqual({ uri: `at://${heron.did}/${thing}/1`, cid: expect.any(String), value })
    expect((await getRecord({ repo: heron.handle, cid: json.cid })).json).toEqual(json)
  })

  test('an expired or foreign token does no harm where it is not needed', async () => {
    expect((await getRecord({}, { headers: { authorization: 'Bearer nonsense' } })).status).toBe(200)
  })

  test.each([
    [
      'another version',
      { cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' },
      'RecordNotFound',
    ],
    ['an absent rkey', { rkey: 'none' }, 'RecordNotFound'],
    ['another collection', { collection: 'com.example.none' }, 'RecordNotFound'],
    ['an unknown repo', { repo: 'nobody.herons.test' }, 'RecordNotFound'],
    ['a bad CID', { cid: 'x' }, 'InvalidRequest'],
    ['a bad rkey', { rkey: 'a/b' }, 'InvalidRequest'],
    ['a NUL', { rkey: '\0' }, 'InvalidRequest'],
    ['no repo', { repo: '' }, 'InvalidRequest'],
  ])('refuses %s', async (_, params, error) => {
    const answer = await getRecord(params)
    expect([answer.status, answer.json.error]).toEqual([400, error])
  })
})

describe('listRecords', () => {
  test('lists its collection from the highest rkey down, and up in reverse, in pages', async () => {
    expect(rkeysOf(await listRecords({}))).toEqual(['3', '2', '1'])
    const first = await listRecords({ limit: '2', reverse: 'true' })
    expect(rkeysOf(first)).toEqual(['1', '2'])
    const rest = await listRecords({ limit: '2', reverse: 'true', cursor: first.json.cursor })
    expect(rkeysOf(rest)).toEqual(['3'])
    expect((await listRecords({ reverse: 'true', cursor: rest.json.cursor })).json).toEqual({ records: [] })
  })

  test('a page is whole that has a record in it which is too large to be read together with others', async () => {
    const collection = 'com.example.large'
    const bittern = await house.member('bittern')
    const repo = bittern.did
    const texts = ['small', 'x'.repeat(2 * pageValueBytesMax), 'small too']
    for (const [rkey, text] of texts.entries()) {
      const record = { text, bytes: { $bytes: 'AQID' }, half: null }
      const input = { repo, collection, rkey: String(rkey), record }
      await house.post('com.atproto.repo.putRecord', input, { as: bittern })
    }
    const { json } = await listRecords({ repo, collection, reverse: 'true' })
    const values = json.records.map(({ value }: { value: object }) => value)
    const common = { $type: collection, bytes: { $bytes: 'AQID' }, half: null }
    expect(values).toEqual(texts.map((text) => ({ text, ...common })))
    expect(json.cursor).toBe('2')
    expect(json.records[1]).toEqual((await getRecord({ repo, collection, rkey: '1' })).json)
  })

  test.each([
    { limit: '0' },
    { limit: '101' },
    { cursor: 'a/b' },
    { cursor: '\0' },
    { collection: 'x' },
    { repo: 'nobody.herons.test' },
  ])('refuses %j', async (params) => {
    const answer = await listRecords(params)
    expect([answer.status, answer.json.error]).toEqual([400, 'InvalidRequest'])
  })
})

describe('describeRepo', () => {
  test('says whose repo it is, whether the handle holds, and what is in it', async () => {
    const { json } = await describeRepo(heron.handle)
    expect(json).toEqual({
      handle: heron.handle,
      did: heron.did,
      didDoc: { id: heron.did, alsoKnownAs: [`at://${heron.handle}`] },
      collections: [thing, `${thing}er`],
      handleIsCorrect: true,
    })
  })

  test('a handle that the DID document does not claim is not correct; none at all is handle.invalid', async () => {
    const member = await house.member('renamed')
    await house.db
      .updateTable('actor')
      .set({ handle: 'other.herons.test' })
      .where('id', '=', member.id)
      .execute()
    expect((await describeRepo(member.did)).json).toMatchObject({
      handle: 'other.herons.test',
      handleIsCorrect: false,
    })
    await house.db.updateTable('actor').set({ handle: null }).where('id', '=', member.id).execute()
    expect((await describeRepo(member.did)).json).toMatchObject({
      handle: 'handle.invalid',
      handleIsCorrect: false,
    })
  })

  test('a DID that does not resolve is the request that cannot be answered', async () => {
    const lost = await house.member('lost', { resolves: false })
    const { status, json } = await describeRepo(lost.did)
    expect([status, json]).toEqual([
      400,
      { error: 'InvalidRequest', message: `Could not resolve DID: ${lost.did}` },
    ])
  })
})

describe('what is not there for everybody', () => {
  test.each([
    ['takendown', 'RepoTakendown'],
    ['suspended', 'RepoSuspended'],
    ['deactivated', 'RepoDeactivated'],
  ])('a %s repo is absent, but for its owner and for its administrator', async (status, error) => {
    const member = inactive[status] as Member
    const repo = member.did
    expect((await describeRepo(repo)).json.error).toBe(error)
    expect((await getRecord({ repo })).json.error).toBe('RecordNotFound')
    expect((await listRecords({ repo })).json.error).toBe('InvalidRequest')
    for (const asking of [{ as: member }, { headers: admin('herons') }]) {
      expect((await describeRepo(repo, asking)).json.did).toBe(repo)
      const found = await getRecord({ repo }, asking)
      expect([found.status, found.headers['cache-control']]).toEqual([200, 'private'])
      expect(rkeysOf(await listRecords({ repo }, asking))).toEqual(['1'])
    }
    expect((await describeRepo(repo, { as: heron })).json.error).toBe(error)
  })

  test('a repo in quarantine never was, but for its owner and for its administrator', async () => {
    const repo = newcomer.did
    expect((await describeRepo(repo)).json.error).toBe('RepoNotFound')
    expect((await getRecord({ repo })).json.error).toBe('RecordNotFound')
    expect((await getRecord({ repo }, { as: heron })).json.error).toBe('RecordNotFound')
    expect((await getRecord({ repo }, { as: newcomer })).status).toBe(200)
    expect((await describeRepo(repo, { headers: admin('herons') })).status).toBe(200)
  })

  test('another community sees nothing, its administrator neither', async () => {
    const elsewhere = { host: 'storks.test', headers: admin('storks') }
    expect((await getRecord({ repo: heron.did }, elsewhere)).json.error).toBe('RecordNotFound')
    expect((await getRecord({ repo: heron.handle }, elsewhere)).json.error).toBe('RecordNotFound')
    expect((await describeRepo(heron.did, elsewhere)).json.error).toBe('RepoNotFound')
    expect((await getRecord({ repo: stork.did }, elsewhere)).status).toBe(200)
    const foreign = await getRecord({ repo: newcomer.did }, { headers: admin('storks') })
    expect(foreign.json.error).toBe('AuthenticationRequired')
  })
})
