import { type Digest, sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { decodeNode } from './decode-node.ts'
import { encodeEntries } from './encode-node.ts'
import { keyText } from './key-range.ts'
import { keyLengthMax } from './limits.ts'
import { NodeLayout } from './node-layout.ts'
import { unloadedNode } from './tree-node.ts'

const layout = new NodeLayout()

test.each([0, 1, 2, 5, 23, 24, 255, 256, 500])(
  'a node of %i keys is read as decode-node.ts reads it',
  (count) => {
    const keys = Array.from(
      { length: count },
      (_, at) => `com.example.thing/${'x'.repeat(at % 40)}${at}`,
    ).sort()
    for (const every of [1, 2, 3, count + 1]) {
      const bytes = node(keys, every)
      expect(laidOut(bytes)).toEqual(decoded(bytes))
    }
  },
)

test('keys of the longest length are read, and no longer ones', () => {
  const longest = `a/${'x'.repeat(keyLengthMax - 2)}`
  const keys = Array.from({ length: 9 }, (_, at) => `a/${at}`.padEnd(keyLengthMax, 'x'))
  expect(laidOut(node(keys, 2))).toEqual(decoded(node(keys, 2)))
  expect(() => laidOut(node([`${longest}x`], 2))).toThrow('Not a tree node')
})

test('what is cut short, longer or changed in its form is refused', () => {
  const bytes = node(['a/one', 'a/two'], 2)
  for (let end = 0; end < bytes.length; end++)
    expect(() => laidOut(bytes.subarray(0, end))).toThrow('tree node')
  expect(() => laidOut(Buffer.concat([bytes, Buffer.of(0)]))).toThrow('trailing')
  const noValue = Buffer.from([
    ...Buffer.from('a26165', 'hex'),
    0x81,
    0xa4,
    ...Buffer.from('616b41616170006174f66176f6616cf6', 'hex'),
  ])
  expect(() => laidOut(noValue)).toThrow('has no value')
  expect(() => laidOut(Buffer.concat([Buffer.of(0xa3), bytes.subarray(1)]))).toThrow('Not a tree node')
})

/** With a subtree before every n-th key, and behind all. */
function node(keys: readonly string[], every: number): Buffer {
  const child = (at: number) =>
    at % every === 0 ? unloadedNode(0, '', sha256(Buffer.from(`child ${at}`))) : null
  const children = Array.from({ length: keys.length + 1 }, (_, at) => child(at))
  const values = keys.map((key) => sha256(Buffer.from(key)) as Digest)
  return Buffer.from(encodeEntries({ keys, values, children }))
}

/** In the midst of other bytes. */
function laidOut(bytes: Buffer) {
  const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('behind')])
  layout.read({ bytes: around, at: 6, end: 6 + bytes.length })
  const digest = (at: number) => (at === -1 ? null : around.toString('hex', at, at + 32))
  return {
    keys: Array.from({ length: layout.count }, (_, at) => keyText(layout.key(at))),
    values: layout.valueAts.slice(0, layout.count).map(digest),
    links: layout.linkAts.slice(0, layout.count + 1).map(digest),
  }
}

function decoded(bytes: Buffer) {
  const { keys, values, links } = decodeNode(bytes)
  const hex = (digest: Uint8Array | null) => digest && Buffer.from(digest).toString('hex')
  return { keys, values: values.map(hex), links: links.map(hex) }
}
