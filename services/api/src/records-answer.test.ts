import { lexStringify } from '@atproto/lex'
import { encode } from '@atproto/lex-cbor'
import { createCid, type LexMap, parseCid } from '@atproto/lex-data'
import { cidString, sha256 } from '@heronry/core/cid'
import type { Did } from '@heronry/core/did'
import { expect, test } from 'vitest'
import { recordAnswer, recordsAnswer } from './records-answer.ts'

const did = 'did:plc:greyheron' as Did
const link = parseCid('bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a')
const ref = parseCid('bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy')
const oddLinks = [
  parseCid('QmRQ353oFNqt8zfZ9X1HgRUszwv9RkEEwmMZZkbkYEsybn'),
  createCid(0x70, 0x12, new Uint8Array(32)),
  createCid(0x71, 0x13, new Uint8Array(64)),
  createCid(0x55, 0, new Uint8Array(0)),
]

test.each<[string, LexMap]>([
  ['text', { $type: 'app.bsky.feed.post', text: 'Grüße "🦤" \\ \n \u2028', langs: [] }],
  ['numbers, null and flags', { a: [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1)], b: null, c: true, d: false }],
  ['links', { a: link, b: [ref] }],
  ['links of another version, codec or hash', { a: oddLinks, b: link }],
  ['bytes of every padding', { a: [0, 1, 2, 3, 4].map((size) => new Uint8Array(size).fill(0xfb)) }],
  ['texts of every escape', { a: String.fromCharCode(...Array(128).keys()), '"\\\n': '\\"' }],
  ['lists and maps, empty and in each other', { a: [], b: {}, c: [[], [{}], [1, [2, [3]]]] }],
  ['a blob', { embed: { image: { $type: 'blob', ref, mimeType: 'image/png', size: 5 } } }],
  ['odd keys', { constructor: 1, toJSON: 'x', '': 2, '10': 3 } as unknown as LexMap],
])('a record with %s is answered as the reference writes it', (_, record) => {
  const value = encode(record)
  const path = 'app.bsky.feed.post/3l5'
  const answer = recordAnswer(did, { path, cid: sha256(value), value })
  const expected = { uri: `at://${did}/${path}`, cid: cidString(sha256(value)), value: record }
  expect(answer.encoding).toBe('application/json; charset=utf-8')
  expect(JSON.parse(String(answer.buffer))).toEqual(JSON.parse(lexStringify(expected)))
})

test('a page is answered in its order, with the cursor where there is one', () => {
  const records = ['a', 'b'].map((rkey) => {
    const value = encode({ rkey })
    return { path: `a.b.c/${rkey}`, cid: sha256(value), value }
  })
  const views = records.map(({ path, cid }) => ({ uri: `at://${did}/${path}`, cid: cidString(cid) }))
  const bodyOf = (...args: Parameters<typeof recordsAnswer>) =>
    JSON.parse(String(recordsAnswer(...args).buffer))
  expect(bodyOf(did, records, 'b')).toMatchObject({ records: views, cursor: 'b' })
  expect(bodyOf(did, records)).not.toHaveProperty('cursor')
  expect(bodyOf(did, [])).toEqual({ records: [] })
})
