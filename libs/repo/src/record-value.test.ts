import { performance } from 'node:perf_hooks'
import { encode } from '@atproto/lex-cbor'
import { createCid, enumBlobRefs, type LexMap, parseCid } from '@atproto/lex-data'
import { expect, test } from 'vitest'
import { plainKeysMax } from './limits.ts'
import { recordValue } from './record-value.ts'

const cid = parseCid('bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a')
const image = {
  $type: 'blob',
  ref: parseCid('bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy'),
  mimeType: 'image/png',
  size: 5,
}
const keys = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n * 7919}k`, n]))

test.each<[string, LexMap]>([
  [
    'a post',
    { $type: 'app.bsky.feed.post', text: 'Grüße 🦤', langs: ['de'], createdAt: '2026-11-21T10:00:00Z' },
  ],
  [
    'keys of many lengths, some of them not ASCII',
    { bb: 1, a: 2, ä: 3, '10': 4, '9': 5, '\uffff': 6, '😀': 7, '': 8 },
  ],
  ['a value that is undefined', { a: undefined, b: [null, true, false, -1, 0, 2 ** 53 - 1, -(2 ** 53 - 1)] }],
  ['a key named constructor', JSON.parse('{"constructor":1,"a":{"constructor":{"x":"y"}}}')],
  ['a key named __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
  ['links and bytes', { a: cid, b: [Uint8Array.of(1, 2, 3)] }],
  ['a blob', { embed: { images: [{ alt: '', image }] } }],
  ['as many keys as the limit', keys(plainKeysMax)],
  ['one key more', keys(plainKeysMax + 1)],
])('%s has the bytes of the reference', (_, record) => {
  expect(Buffer.from(recordValue(record).value)).toEqual(Buffer.from(encode(record)))
})

test.each([
  ['version 0', parseCid('QmRQ353oFNqt8zfZ9X1HgRUszwv9RkEEwmMZZkbkYEsybn')],
  ['dag-pb', createCid(0x70, 0x12, new Uint8Array(32))],
  ['dag-json', createCid(0x0129, 0x12, new Uint8Array(32))],
  ['dag-cbor', cid],
  ['sha-512', createCid(0x55, 0x13, new Uint8Array(64))],
  ['blake3', createCid(0x55, 0x1e, new Uint8Array(32))],
  ['identity', createCid(0x55, 0, Uint8Array.of(1))],
  ['an identity of nothing', createCid(0x71, 0, new Uint8Array(0))],
  ['a short sha-256', createCid(0x55, 0x12, new Uint8Array(20))],
])('a CID of %s is a link with the bytes of the reference, and names no blob', (_, odd) => {
  const record = { a: odd, b: [{ c: odd }] }
  expect(Buffer.from(recordValue(record).value)).toEqual(Buffer.from(encode(record)))
  const withBlob = { embed: { ...image, ref: odd } }
  expect([...enumBlobRefs(withBlob, { strict: false })]).toHaveLength(1)
  expect(() => recordValue(withBlob)).toThrow(
    expect.objectContaining({ code: 'BlobNotFound', message: `Could not find blob: ${odd}` }),
  )
})

test('500 random records have the bytes of the reference', () => {
  const random = seeded(7)
  for (let count = 0; count < 500; count++) {
    const record = { $type: 'com.example.any', value: randomValue(random, 4) } as LexMap
    expect(Buffer.from(recordValue(record).value)).toEqual(Buffer.from(encode(record)))
  }
})

test('a record of sixty thousand keys does not hold the process up', () => {
  const begun = performance.now()
  recordValue(JSON.parse(JSON.stringify(keys(60_000))))
  expect(performance.now() - begun).toBeLessThan(5_000)
})

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth === 0 ? 5 : 8))
  if (kind === 0) return null
  if (kind === 1) return random() < 0.5
  if (kind === 2) return Math.floor((random() - 0.5) * 2 ** (random() * 54))
  if (kind === 3) return randomText(random)
  if (kind === 4) return random() < 0.5 ? cid : Uint8Array.from({ length: random() * 300 }, (_, n) => n)
  const items = Array.from({ length: random() * 8 }, () => randomValue(random, depth - 1))
  if (kind === 5) return items
  return Object.fromEntries(items.map((item) => [`k${randomText(random)}`, item]))
}

function randomText(random: () => number): string {
  const alphabet = 'abc$019 äß漢字😀'
  return Array.from({ length: random() * 30 }, () => [...alphabet][Math.floor(random() * 14)]).join('')
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
