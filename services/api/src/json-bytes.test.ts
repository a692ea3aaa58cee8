import { decode, encode } from '@atcute/cbor'
import { expect, test } from 'vitest'
import { JsonBytes } from './json-bytes.ts'
import { plainDepthMax, plainValueBytesMax } from './limits.ts'

function jsonOf(drisl: Uint8Array): string {
  const json = new JsonBytes(0)
  json.value(drisl)
  return json.done().toString()
}

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const ofBytes = (size: number) => encode('x'.repeat(size - 3))

test.each<[string, unknown]>([
  ['integers of every size', [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]],
  ['negative ones', [-1, -24, -25, -256, -257, -(2 ** 32), -(2 ** 53 - 1)]],
  ['a float', [0.5, -1.25]],
  ['text of one to four bytes a character', 'aé漢🦤'.repeat(500)],
  ['as many levels as are plain', nested(plainDepthMax)],
  ['one level more', nested(plainDepthMax + 1)],
])('%s are written as by JSON.stringify', (_, value) => {
  expect(jsonOf(encode(value))).toBe(JSON.stringify(value))
})

test.each([plainValueBytesMax, plainValueBytesMax + 1])('so is a record of %i bytes', (size) => {
  expect(ofBytes(size)).toHaveLength(size)
  expect(jsonOf(ofBytes(size))).toBe(JSON.stringify(decode(ofBytes(size))))
})

test('what JSON makes longest fits', () => {
  const text = '\u0000'.repeat(1000)
  expect(jsonOf(encode([text, Array(1000).fill(false)]))).toBe(
    JSON.stringify([text, Array(1000).fill(false)]),
  )
})

test('a text that is no UTF-8 is no text', () => {
  expect(() => jsonOf(Uint8Array.of(0xa1, 0x61, 0x61, 0x62, 0xc3, 0x28))).toThrow('utf-8')
})

test('a value that is cut short, or has more behind it, is none', () => {
  const whole = encode({ a: [1, 'text', { b: null }] })
  for (let size = 0; size < whole.length; size++) expect(() => jsonOf(whole.subarray(0, size))).toThrow()
  expect(() => jsonOf(Uint8Array.of(...whole, 0))).toThrow()
})

test('values stand one behind another, whatever they were written by', () => {
  const json = new JsonBytes(0)
  json.ascii('[')
  json.value(encode({ a: 1 }))
  json.ascii(',')
  json.value(encode(0.5))
  json.ascii(']')
  expect(json.done().toString()).toBe('[{"a":1},0.5]')
})
