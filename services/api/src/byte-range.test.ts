import { expect, test } from 'vitest'
import { byteRange } from './byte-range.ts'

test.each([
  ['bytes=0-0', { start: 0, end: 0 }],
  ['bytes=2-5', { start: 2, end: 5 }],
  ['bytes=9-9', { start: 9, end: 9 }],
  ['bytes=2-', { start: 2, end: 9 }],
  ['bytes=0-999999999999', { start: 0, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
])('%s of ten bytes is read as the standard has it', (header, expected) => {
  expect(byteRange(header, 10)).toEqual(expected)
})

test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])('%s names no byte of ten', (header) => {
  expect(byteRange(header, 10)).toBe('unsatisfiable')
})

test.each([undefined, '', 'bytes=-', 'bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b', 'bytes=1-2 '])(
  '%j asks for everything',
  (header) => {
    expect(byteRange(header, 10)).toBeUndefined()
  },
)

test('an empty body has no satisfiable range', () => {
  expect(byteRange('bytes=0-', 0)).toBe('unsatisfiable')
  expect(byteRange('bytes=-1', 0)).toBe('unsatisfiable')
})
