import { encode } from '@atproto/lex-cbor'
import { parseCid } from '@atproto/lex-data'
import { cidOf, cidString, sha256 } from '@heronry/core/cid'
import { commitOpsMax, recordBytesMax } from '@heronry/core/limits'
import { keyLengthMax } from '@heronry/mst/limits'
import { expect, test } from 'vitest'
import { recordBlobsMax, recordDepthMax } from './limits.ts'
import { prepareWrites } from './prepare-writes.ts'

const clock = { now: () => 1_800_000_000_000 }
const post = { text: 'A heron stands.', createdAt: '2026-11-21T11:00:00.000Z' }
const collection = 'app.bsky.feed.post'

test('a record gets its $type, a TID and the CID of its DRISL', () => {
  const [write] = create({ record: post })
  expect(write?.rkey).toMatch(/^[2-7a-z]{13}$/)
  expect(cidString(write?.cid as never)).toBe(
    cidString(sha256(encode({ $type: collection, ...post } as never))),
  )
  expect(write?.validationStatus).toBe('valid')
})

test('keys that are made never repeat, even within one millisecond or when the clock is set back', () => {
  const back = { now: () => 1_700_000_000_000 - calls++ }
  let calls = 0
  const keys = Array.from({ length: 100 }, () => create({ record: post, clock: back })[0]?.rkey as string)
  expect(new Set(keys).size).toBe(100)
  expect(keys.toSorted()).toEqual(keys)
})

test('another $type is refused, also without validation', () => {
  const record = { ...post, $type: 'app.bsky.feed.like' }
  expect(() => create({ record, validate: false })).toThrow(
    'Invalid $type: expected app.bsky.feed.post, got app.bsky.feed.like',
  )
})

test('validation has three modes', () => {
  const record = { hello: 'world' }
  expect(() => create({ record })).toThrow(/^Invalid app\.bsky\.feed\.post record: /)
  expect(create({ record, validate: false })[0]?.validationStatus).toBeUndefined()
  expect(create({ record, collection: 'com.example.thing' })[0]?.validationStatus).toBe('unknown')
  expect(() => create({ record, collection: 'com.example.thing', validate: true })).toThrow(
    'Unknown lexicon type: com.example.thing',
  )
})

test('a known lexicon says what keys a record may have', () => {
  const profile = 'app.bsky.actor.profile'
  expect(create({ record: {}, collection: profile, rkey: 'self' })[0]?.path).toBe(`${profile}/self`)
  expect(() => create({ record: {}, collection: profile, rkey: 'other' })).toThrow('Invalid record key')
  expect(() => create({ record: post, rkey: 'not-a-tid' })).toThrow('Invalid record key')
  expect(() => create({ record: post, rkey: 'no/key', validate: false })).toThrow('Not a valid record key')
  expect(() => create({ record: post, collection: 'nonsense' })).toThrow('Not a valid collection')
})

test.each([
  ['a float', { value: 1.5 }],
  ['half a surrogate pair', { value: '\ud800' }],
  ['a key of half a surrogate pair', { '\udfff': 1 }],
  ['a link that is none', { value: { $link: 'nonsense' } }],
  ['an unsafe integer', { value: 2 ** 53 }],
  ['a legacy blob', { image: { cid: cidString(sha256(Uint8Array.of(1)), 'raw'), mimeType: 'image/png' } }],
  ['a broken blob', { image: { $type: 'blob', ref: 'nonsense', mimeType: 'image/png', size: 1 } }],
  ['a hole in a list', { list: [1, undefined] }],
  ['a function', { value: () => 1 }],
])('%s is not in the data model', (_, record) => {
  expect(() => create({ record, collection: 'com.example.thing' })).toThrow(
    expect.objectContaining({ code: 'InvalidRequest' }),
  )
})

test('blobs are collected wherever they stand, each once', () => {
  const blob = (byte: number) => ({
    $type: 'blob',
    ref: cidOf(sha256(Uint8Array.of(byte)), 'raw'),
    mimeType: 'image/png',
    size: 3,
  })
  const record = {
    list: [{ a: blob(1) }, { a: blob(1) }],
    deep: { b: blob(2) },
    link: parseCid(cidString(sha256(Uint8Array.of(3)))),
  }
  const [write] = create({ record, collection: 'com.example.thing' })
  expect(write?.blobs.map(({ cid, mime, size }) => [cidString(cid, 'raw'), mime, size])).toEqual(
    [1, 2].map((byte) => [cidString(sha256(Uint8Array.of(byte)), 'raw'), 'image/png', 3]),
  )
})

test('a like and a follow point at their subject', () => {
  const createdAt = post.createdAt
  const uri = 'at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/app.bsky.feed.post/3jzfcijpj2z2a'
  const subject = { uri, cid: cidString(sha256(Uint8Array.of(1))) }
  const [like] = create({ record: { subject, createdAt }, collection: 'app.bsky.feed.like' })
  const follow = { subject: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', createdAt }
  expect(like?.backlink?.kind).toBe(1)
  expect(create({ record: follow, collection: 'app.bsky.graph.follow' })[0]?.backlink?.kind).toBe(3)
  expect(create({ record: post })[0]?.backlink).toBeNull()
})

test('the longest collection and the longest key make a path that the tree takes; each has a limit of its own', () => {
  const label = 'a'.repeat(63)
  const collectionOf = (length: number) => `${Array(4).fill(label).join('.')}.${'a'.repeat(length - 256)}`
  const longest = collectionOf(317)
  const [write] = create({ record: {}, collection: longest, rkey: 'r'.repeat(512) })
  expect(write?.path.length).toBeLessThanOrEqual(keyLengthMax)
  expect(() => create({ record: {}, collection: longest, rkey: 'r'.repeat(513) })).toThrow('record key')
  expect(() => create({ record: {}, collection: collectionOf(318), rkey: 'r' })).toThrow('collection')
})

test('every limit holds at its number and not one past it', () => {
  const collection = 'com.example.thing'
  const filler = (length: number) => ({ $type: collection, text: 'x'.repeat(length) })
  const overhead = encode(filler(recordBytesMax - 1000)).length - (recordBytesMax - 1000)
  expect(create({ record: filler(recordBytesMax - overhead), collection })[0]?.value?.length).toBe(
    recordBytesMax,
  )
  expect(() => create({ record: filler(recordBytesMax - overhead + 1), collection })).toThrow('1000000 bytes')
  expect(create({ record: nested(recordDepthMax), collection })).toHaveLength(1)
  expect(() => create({ record: nested(recordDepthMax + 1), collection })).toThrow('levels deep')
  expect(create({ record: manyBlobs(recordBlobsMax), collection })[0]?.blobs).toHaveLength(recordBlobsMax)
  expect(() => create({ record: manyBlobs(recordBlobsMax + 1), collection })).toThrow('1000 blobs')
  const writes = (count: number) =>
    Array.from({ length: count }, () => ({ action: 'create' as const, collection, record: {} }))
  expect(prepareWrites({ writes: writes(commitOpsMax), validate: undefined, clock })).toHaveLength(
    commitOpsMax,
  )
  expect(() => prepareWrites({ writes: writes(commitOpsMax + 1), validate: undefined, clock })).toThrow(
    'Too many writes',
  )
})

function create(input: {
  record: unknown
  collection?: string
  rkey?: string
  validate?: boolean
  clock?: typeof clock
}) {
  const write = {
    action: 'create' as const,
    collection: input.collection ?? collection,
    rkey: input.rkey,
    record: input.record,
  }
  return prepareWrites({ writes: [write], validate: input.validate, clock: input.clock ?? clock })
}

function nested(depth: number): unknown {
  return depth === 1 ? {} : { deeper: nested(depth - 1) }
}

function manyBlobs(count: number): unknown {
  const ref = (index: number) => cidOf(sha256(Buffer.from(String(index))), 'raw')
  return {
    list: Array.from({ length: count }, (_, index) => ({
      $type: 'blob',
      ref: ref(index),
      mimeType: 'a/b',
      size: 1,
    })),
  }
}
