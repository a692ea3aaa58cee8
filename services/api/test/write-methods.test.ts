import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, type Asking, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { tid } from './tid.ts'

const post = 'app.bsky.feed.post'
const record = (text = 'a heron') => ({ $type: post, text, createdAt: '2026-11-21T12:00:00.000Z' })
const otherCid = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

let house: ApiHouse
let heron: Member
let egret: Member
let stork: Member

beforeAll(async () => {
  house = await apiHouse()
  heron = await house.member('heron')
  egret = await house.member('egret')
  stork = await house.member('stork', { community: house.storks })
})
afterAll(() => house[Symbol.asyncDispose]())

const create = (input: object = {}, asking: Asking = { as: heron }) =>
  house.post(
    'com.atproto.repo.createRecord',
    { repo: heron.did, collection: post, record: record(), ...input },
    asking,
  )
const put = (input: object) =>
  house.post(
    'com.atproto.repo.putRecord',
    { repo: heron.did, collection: post, record: record(), ...input },
    { as: heron },
  )
const remove = (input: object) =>
  house.post('com.atproto.repo.deleteRecord', { repo: heron.did, collection: post, ...input }, { as: heron })
const apply = (writes: object[], input: object = {}) =>
  house.post('com.atproto.repo.applyWrites', { repo: heron.did, writes, ...input }, { as: heron })
const read = (rkey: string) =>
  house.get('com.atproto.repo.getRecord', { repo: heron.did, collection: post, rkey })
const head = async () =>
  (await house.get('com.atproto.sync.getLatestCommit', { did: heron.did })).json as {
    cid: string
    rev: string
  }

describe('createRecord', () => {
  test('answers uri, cid, the commit that is the head now, and what validation said', async () => {
    const { status, json } = await create()
    expect(status).toBe(200)
    expect(json).toEqual({
      uri: expect.stringMatching(`^at://${heron.did}/${post}/[2-7a-z]{13}$`),
      cid: expect.stringMatching(/^bafyrei/),
      commit: await head(),
      validationStatus: 'valid',
    })
    expect((await read(json.uri.split('/').at(-1))).json).toEqual({
      uri: json.uri,
      cid: json.cid,
      value: record(),
    })
  })

  test('takes the handle for the repo, in any case, and an unknown lexicon unvalidated', async () => {
    const input = { repo: 'HERON.herons.test', collection: 'com.example.thing', record: { a: 1 } }
    expect((await create(input)).json).toMatchObject({ validationStatus: 'unknown' })
    expect((await create({ ...input, validate: false })).json).not.toHaveProperty('validationStatus')
  })

  test('a second like of the same post takes the place of the first', async () => {
    const subject = { uri: `at://${heron.did}/${post}/1`, cid: otherCid }
    const like = { collection: 'app.bsky.feed.like', record: { subject, createdAt: record().createdAt } }
    await create(like)
    const second = (await create(like)).json
    const listed = await house.get('com.atproto.repo.listRecords', {
      repo: heron.did,
      collection: like.collection,
    })
    expect(listed.json.records.map(({ uri }: { uri: string }) => uri)).toEqual([second.uri])
  })

  test.each([
    ['an existing rkey', { rkey: tid('twice') }, 400, 'RecordAlreadyExists'],
    ['a head that was', { swapCommit: otherCid }, 400, 'InvalidSwap'],
    [
      'a swapCommit that is no commit',
      { swapCommit: 'bafkreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' },
      400,
      'InvalidSwap',
    ],
    ['an invalid record', { record: { text: 1 } }, 400, 'InvalidRequest'],
    ['another $type', { record: { ...record(), $type: 'a.b.c' }, validate: false }, 400, 'InvalidRequest'],
    [
      'an unknown lexicon that must be known',
      { collection: 'com.example.thing', validate: true },
      400,
      'InvalidRequest',
    ],
    [
      'a blob that nobody uploaded',
      { record: { ...record(), embed: images(otherCid) } },
      400,
      'BlobNotFound',
    ],
    ['a bad rkey', { rkey: 'a/b' }, 400, 'InvalidRequest'],
    ['no collection', { collection: undefined }, 400, 'InvalidRequest'],
    ['a float', { record: { ...record(), x: 1.5 } }, 400, 'InvalidRequest'],
    ['too large a body', { record: { ...record(), x: 'x'.repeat(1_000_000) } }, 413, 'PayloadTooLarge'],
  ])('refuses %s, and writes nothing', async (_, input, status, error) => {
    await put({ rkey: tid('twice') })
    const before = await head()
    const answer = await create(input)
    expect([answer.status, answer.json.error]).toEqual([status, error])
    expect(await head()).toEqual(before)
  })

  test('writes only for a session of the same account, of the same community', async () => {
    const before = await head()
    const refusals = [
      await create({}, {}),
      await create({}, { as: egret }),
      await create({ repo: 'did:plc:nobodyaaaaaaaaaaaaaaaaaaa' }),
      await create({}, { as: stork, host: 'herons.test' }),
      await create({}, { as: heron, host: 'storks.test' }),
    ]
    expect(refusals.map(({ status, json }) => [status, json.error])).toEqual([
      [401, 'AuthMissing'],
      [401, 'AuthenticationRequired'],
      [401, 'AuthenticationRequired'],
      [400, 'InvalidToken'],
      [400, 'InvalidToken'],
    ])
    expect(await head()).toEqual(before)
  })
})

describe('putRecord', () => {
  test('creates, updates, and makes no commit of what is there already', async () => {
    const created = (await put({ rkey: tid('put') })).json
    expect(created.commit).toEqual(await head())
    const again = await put({ rkey: tid('put') })
    expect(again.json).toEqual({ uri: created.uri, cid: created.cid, validationStatus: 'valid' })
    const updated = (await put({ rkey: tid('put'), record: record('changed') })).json
    expect(updated.commit).toEqual(await head())
    expect((await read(tid('put'))).json).toMatchObject({ cid: updated.cid, value: { text: 'changed' } })
  })

  test('swapRecord compares with the record that is there, null with its absence', async () => {
    const { cid } = (await put({ rkey: tid('swap'), swapRecord: null })).json
    const exists = await put({ rkey: tid('swap'), record: record('x'), swapRecord: null })
    expect(exists.json).toEqual({ error: 'InvalidSwap', message: `Record was at ${cid}` })
    expect((await put({ rkey: tid('swap'), record: record('x'), swapRecord: otherCid })).json.error).toBe(
      'InvalidSwap',
    )
    expect((await put({ rkey: tid('swap'), record: record('x'), swapRecord: cid })).status).toBe(200)
  })
})

describe('deleteRecord', () => {
  test('deletes once; the second time nothing is wrong and nothing happens', async () => {
    await put({ rkey: tid('gone') })
    expect((await remove({ rkey: tid('gone'), swapRecord: otherCid })).json.error).toBe('InvalidSwap')
    expect((await remove({ rkey: tid('gone') })).json).toEqual({ commit: await head() })
    expect((await read(tid('gone'))).json.error).toBe('RecordNotFound')
    const again = await remove({ rkey: tid('gone') })
    expect([again.status, again.json]).toEqual([200, {}])
  })
})

describe('applyWrites', () => {
  const typed = (kind: string, rkey: string, text?: string) => ({
    $type: `com.atproto.repo.applyWrites#${kind}`,
    collection: post,
    rkey: tid(rkey),
    ...(kind !== 'delete' && { value: record(text) }),
  })

  test('makes one commit of all writes and answers each by its kind', async () => {
    await put({ rkey: tid('a') })
    await put({ rkey: tid('b') })
    const { json } = await apply([typed('create', 'c'), typed('update', 'a', 'new'), typed('delete', 'b')])
    expect(json.commit).toEqual(await head())
    expect(json.results).toEqual([
      expect.objectContaining({
        $type: 'com.atproto.repo.applyWrites#createResult',
        validationStatus: 'valid',
      }),
      expect.objectContaining({
        $type: 'com.atproto.repo.applyWrites#updateResult',
        uri: `at://${heron.did}/${post}/${tid('a')}`,
      }),
      { $type: 'com.atproto.repo.applyWrites#deleteResult' },
    ])
  })

  test('of nothing is a commit all the same', async () => {
    const before = await head()
    expect((await apply([])).json).toEqual({ commit: await head(), results: [] })
    expect(await head()).not.toEqual(before)
  })

  test.each([
    ['an update of nothing', [typed('update', 'nothing')], 'RecordNotFound'],
    ['a delete of nothing', [typed('delete', 'nothing')], 'RecordNotFound'],
    ['a create of what exists', [typed('create', 'there')], 'RecordAlreadyExists'],
    ['201 writes', Array.from({ length: 201 }, (_, at) => typed('create', `many-${at}`)), 'InvalidRequest'],
    ['a write of no kind', [{ ...typed('create', 'x'), $type: undefined }], 'InvalidRequest'],
  ])('with %s among them, nothing is written', async (_, writes, error) => {
    await put({ rkey: tid('there') })
    const before = await head()
    const answer = await apply([typed('create', `beside-${error}`), ...writes])
    expect([answer.status, answer.json.error]).toEqual([400, error])
    expect(await head()).toEqual(before)
  })
})

describe('an account that is not active', () => {
  test.each([
    ['deactivated_at', new Date(), 401, 'AccountDeactivated'],
    ['takedown_ref', 'ref', 401, 'AccountTakedown'],
  ] as const)('writes nothing: %s', async (column, value, status, error) => {
    const member = await house.member(`w${error.toLowerCase().slice(7, 12)}`)
    await house.db
      .updateTable('actor')
      .set({ [column]: value })
      .where('id', '=', member.id)
      .execute()
    const answer = await create({ repo: member.did }, { as: member })
    expect([answer.status, answer.json.error]).toEqual([status, error])
  })

  test('a session whose account is gone is told so', async () => {
    const member = await house.member('vanished')
    await house.db.deleteFrom('actor').where('id', '=', member.id).execute()
    const answer = await create({ repo: member.did }, { as: member })
    expect([answer.status, answer.json.error]).toEqual([403, 'AccountNotFound'])
  })
})

function images(cid: string) {
  const ref = { $link: cid.replace('bafyrei', 'bafkrei') }
  const image = { $type: 'blob', ref, mimeType: 'image/png', size: 10 }
  return { $type: 'app.bsky.embed.images', images: [{ alt: '', image }] }
}
