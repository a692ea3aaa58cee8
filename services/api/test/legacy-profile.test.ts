import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'

const profile = 'app.bsky.actor.profile'
const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex')
const nobodys = 'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

let house: ApiHouse
let heron: Member
let stork: Member
/** Of heron's avatar. */
let cid: string
beforeAll(async () => {
  house = await apiHouse()
  heron = await house.member('heron')
  stork = await house.member('stork', { community: house.storks })
  const asking = { method: 'POST', body: png, headers: { 'content-type': 'image/png' }, as: heron }
  cid = (await house.ask('com.atproto.repo.uploadBlob', asking)).json.blob.ref.$link
})
afterAll(() => house[Symbol.asyncDispose]())

const put = (record: object, { as = heron, ...input }: { as?: Member; [key: string]: unknown } = {}) =>
  house.post(
    'com.atproto.repo.putRecord',
    { repo: as.did, collection: profile, rkey: 'self', record, ...input },
    { as },
  )
const legacy = (mimeType = 'image/png') => ({ cid, mimeType })

test('a profile that is there may be put with the blob references of old, which become those of today', async () => {
  const created = await put({ displayName: 'a', avatar: legacy() })
  expect([created.status, created.json.error]).toEqual([400, 'InvalidRequest'])
  expect((await put({ displayName: 'a' })).status).toBe(200)
  expect((await put({ displayName: 'b', avatar: legacy(), banner: legacy() })).status).toBe(200)
  const read = await house.get('com.atproto.repo.getRecord', {
    repo: heron.did,
    collection: profile,
    rkey: 'self',
  })
  const upgraded = { $type: 'blob', ref: { $link: cid }, mimeType: 'image/png', size: png.length }
  expect(read.json.value).toEqual({
    $type: profile,
    displayName: 'b',
    avatar: upgraded,
    banner: upgraded,
  })
  expect((await put({ displayName: 'b', avatar: legacy(), banner: legacy() })).json).not.toHaveProperty(
    'commit',
  )
})

test('so may one that is taken down', async () => {
  await put({ displayName: 'a' })
  const takeDown = (takedown: number) =>
    house.db.updateTable('record').set({ takedown }).where('path', '=', `${profile}/self`).execute()
  await takeDown(1)
  expect((await put({ displayName: 'c', avatar: legacy() })).status).toBe(200)
  await takeDown(0)
})

test('a blob that nobody has, or another member, is not found', async () => {
  await put({ displayName: 'a' })
  const answer = await put({ avatar: { cid: nobodys, mimeType: 'image/png' } })
  expect([answer.status, answer.json]).toEqual([400, { error: 'BlobNotFound', message: 'Blob not found' }])
  await put({ displayName: 's' }, { as: stork })
  expect((await put({ avatar: legacy() }, { as: stork })).json.error).toBe('BlobNotFound')
})

test.each([
  ['in another field', { other: true }, { validate: false }],
  ['in a record that is not there', { avatar: true }, { rkey: 'other', validate: false }],
  ['in another collection', { avatar: true }, { collection: 'com.example.profile', rkey: 'self' }],
  ['at a key that is none', { avatar: true }, { rkey: 'a/b', validate: false }],
])('%s, an old reference is refused', async (_, fields, input) => {
  await put({ displayName: 'a' })
  const record = Object.fromEntries(Object.keys(fields).map((field) => [field, legacy()]))
  const answer = await put(record, input)
  expect([answer.status, answer.json.error]).toEqual([400, 'InvalidRequest'])
})
