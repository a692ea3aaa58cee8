import { createHash } from 'node:crypto'
import { createCid, parseCid } from '@atproto/lex-data'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHouse, apiHouse } from './api-house.ts'
import type { Member } from './member.ts'
import { tid } from './tid.ts'

const thing = 'com.example.thing'
const post = 'app.bsky.feed.post'
const createdAt = '2026-11-21T12:00:00.000Z'
const digest = createHash('sha256').update('x').digest()
const codecs = { raw: 0x55, dagPb: 0x70, dagCbor: 0x71, dagJson: 0x0129 }
const hashes = { identity: 0, sha256: 0x12, sha512: 0x13, blake3: 0x1e }
const cid = (codec: keyof typeof codecs, hash: keyof typeof hashes, bytes: Uint8Array = digest) =>
  createCid(codecs[codec], hashes[hash], bytes).toString()

/** CIDs that are well formed, and name no block of a repo and no blob. */
const odd: [string, string][] = [
  ['of dag-pb', cid('dagPb', 'sha256')],
  ['of dag-json, whose codec takes two bytes', cid('dagJson', 'sha256')],
  ['of version 0', parseCid('QmRQ353oFNqt8zfZ9X1HgRUszwv9RkEEwmMZZkbkYEsybn').toString()],
  ['of a sha-512', cid('dagCbor', 'sha512', createHash('sha512').update('x').digest())],
  ['raw, of a sha-512', cid('raw', 'sha512', createHash('sha512').update('x').digest())],
  ['raw, of a blake3', cid('raw', 'blake3')],
  ['raw, of an identity', cid('raw', 'identity', Buffer.from('hello'))],
  ['of an identity of nothing', cid('dagCbor', 'identity', new Uint8Array(0))],
  ['of a short sha-256', cid('dagCbor', 'sha256', digest.subarray(0, 20))],
  ['raw, of a short sha-256', cid('raw', 'sha256', digest.subarray(0, 20))],
]
const isRaw = (text: string) => text.startsWith('bafk')

let house: ApiHouse
let heron: Member
beforeAll(async () => {
  house = await apiHouse()
  heron = await house.member('heron')
})
afterAll(() => house[Symbol.asyncDispose]())

const put = async (input: object) => {
  const { status, json } = await house.post(
    'com.atproto.repo.putRecord',
    { repo: heron.did, collection: thing, rkey: 'odd', record: {}, ...input },
    { as: heron },
  )
  return [status, json.error ?? json.cid]
}
const remove = async (input: object) => {
  const { status, json } = await house.post(
    'com.atproto.repo.deleteRecord',
    { repo: heron.did, collection: thing, ...input },
    { as: heron },
  )
  return [status, json.error]
}
const image = (text: string) => ({
  $type: 'blob',
  ref: { $link: text },
  mimeType: 'image/png',
  size: 3,
})

/** Each verdict is what @atproto/pds 0.5.35 answered to the same request. */
describe.each(odd)('a CID %s', (_, text) => {
  test('may be a link of a record', async () => {
    const [status, stored] = await put({ record: { link: { $link: text } } })
    expect(status).toBe(200)
    const read = await house.get('com.atproto.repo.getRecord', {
      repo: heron.did,
      collection: thing,
      rkey: 'odd',
    })
    expect(read.json).toMatchObject({ cid: stored, value: { link: { $link: text } } })
  })

  test('is a blob that is not there; a known lexicon refuses one that is not raw', async () => {
    expect(await put({ record: { image: image(text) } })).toEqual([400, 'BlobNotFound'])
    const embed = { $type: 'app.bsky.embed.images', images: [{ alt: '', image: image(text) }] }
    const record = { text: 'a heron', createdAt, embed }
    const error = isRaw(text) ? 'BlobNotFound' : 'InvalidRequest'
    expect(await put({ collection: post, rkey: tid('odd'), record })).toEqual([400, error])
  })

  test('is no legacy blob that may be written', async () => {
    expect(await put({ record: { image: { cid: text, mimeType: 'image/png' } } })).toEqual([
      400,
      'InvalidRequest',
    ])
  })

  test('is a strong reference to whatever it names', async () => {
    const subject = { uri: `at://did:plc:${'a'.repeat(24)}/${post}/${tid('odd')}`, cid: text }
    const like = { collection: 'app.bsky.feed.like', rkey: tid('odd'), record: { subject, createdAt } }
    expect((await put(like))[0]).toBe(200)
  })

  test('is no commit and no record that is there', async () => {
    expect(await put({ record: { a: 1 }, swapCommit: text })).toEqual([400, 'InvalidSwap'])
    expect(await put({ record: { a: 1 }, swapRecord: text })).toEqual([400, 'InvalidSwap'])
    expect(await remove({ rkey: 'odd', swapCommit: text })).toEqual([400, 'InvalidSwap'])
    expect(await remove({ rkey: 'odd', swapRecord: text })).toEqual([400, 'InvalidSwap'])
  })
})

test('what would change nothing is not compared with anything', async () => {
  const text = cid('dagCbor', 'sha256')
  for (const swap of [{ swapCommit: text }, { swapRecord: text }]) {
    expect(await remove({ rkey: 'never-was', ...swap })).toEqual([200, undefined])
    await put({ rkey: 'same', record: { a: 1 } })
    expect((await put({ rkey: 'same', record: { a: 1 }, ...swap }))[0]).toBe(200)
  }
})

/** The reference stores these as objects that look like links wherever they are shown as JSON; here a `$link` is a link. */
test.each([
  'bafyx',
  '',
  cid('dagCbor', 'sha256').toUpperCase(),
  cid('dagCbor', 'identity', Buffer.alloc(100)),
])('what cannot be read as a CID is no link: %s', async (text) => {
  expect(await put({ record: { link: { $link: text } } })).toEqual([400, 'InvalidRequest'])
  expect(await put({ record: {}, swapCommit: text })).toEqual([400, 'InvalidRequest'])
  expect(await put({ record: {}, swapRecord: text })).toEqual([400, 'InvalidRequest'])
})
