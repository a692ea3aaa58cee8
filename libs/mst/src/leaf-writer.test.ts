import { type Digest, sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { encodeEntries } from './encode-node.ts'
import { LeafWriter } from './leaf-writer.ts'
import { keyLengthMax } from './limits.ts'

const writer = new LeafWriter()

test.each([0, 1, 3, 23, 24, 255, 256, 1000])('a leaf of %i keys is what encode-node.ts writes', (count) => {
  const keys = Array.from(
    { length: count },
    (_, at) => `com.example.thing/${'x'.repeat(at % 40)}${at}`,
  ).sort()
  expect(written(keys)).toEqual(expected(keys))
})

test('keys of all lengths up to the longest, with everything or nothing in common', () => {
  const longest = `a/${'x'.repeat(keyLengthMax - 2)}`
  for (const keys of [[longest], ['a/x', longest], [longest.slice(0, 300), longest], ['a/x', 'b/x', 'c/y']]) {
    expect(written(keys)).toEqual(expected(keys))
  }
  expect(() => written([`${longest}x`])).toThrow('none of ours')
})

function written(keys: string[]): Buffer {
  for (const key of keys) {
    const bytes = Buffer.concat([Buffer.from('..'), Buffer.from(key), sha256(Buffer.from(key))])
    writer.add({ bytes, keyAt: 2, keyEnd: 2 + key.length, digestAt: 2 + key.length })
  }
  expect(writer.count).toBe(keys.length)
  return Buffer.from(writer.finish())
}

function expected(keys: string[]): Buffer {
  const values = keys.map((key) => sha256(Buffer.from(key)) as Digest)
  return Buffer.from(encodeEntries({ keys, values, children: Array(keys.length + 1).fill(null) }))
}
