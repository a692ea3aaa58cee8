import { sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { decodeEntries } from './decode-node.ts'
import { encodeEntries } from './encode-node.ts'
import { unloadedNode } from './tree-node.ts'

const digest = (n: number) => sha256(Uint8Array.of(n))
const keys = ['a.b.c/1', 'a.b.c/12', 'a.b.c/2', 'a.b.d/1', `x.y.z/${'k'.repeat(300)}`]
const child = (n: number) => (n % 2 === 0 ? unloadedNode(1, '', digest(100 + n)) : null)
const node = encodeEntries({
  keys,
  values: keys.map((_, n) => digest(n)),
  children: [...keys, ''].map((_, n) => child(n)),
})
const decoded = (bytes: Uint8Array) => decodeEntries(bytes, { layer: 2, lo: '' })

test('what was encoded is read as it was', () => {
  const { keys: read, values, children } = decoded(node)
  expect(read).toEqual(keys)
  expect(values.map((value) => Buffer.from(value))).toEqual(keys.map((_, n) => Buffer.from(digest(n))))
  expect(children.map((one) => one?.storedLo ?? null)).toEqual(['', null, keys[1], null, keys[3], null])
})

test('nothing but the one form of a node is read: not one with a bit that differs, unless it is another node', () => {
  let others = 0
  for (let bit = 0; bit < node.length * 8; bit++) {
    const changed = Buffer.from(node)
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
    const read = attempt(changed)
    if (read === undefined) continue
    others++
    expect(Buffer.from(encodeEntries(read)).toString('hex'), `bit ${bit}`).toBe(changed.toString('hex'))
  }
  // Bits of digests and of keys.
  expect(others).toBeGreaterThan(8 * 32 * keys.length)
})

test('no part of a node is read, and none with more behind it', () => {
  for (let length = 0; length < node.length; length++) {
    expect(attempt(node.subarray(0, length)), `${length} bytes`).toBeUndefined()
    expect(attempt(new Uint8Array(node.subarray(0, length))), `${length} bytes of their own`).toBeUndefined()
  }
  expect(attempt(Buffer.concat([node, Uint8Array.of(0)]))).toBeUndefined()
})

function attempt(bytes: Uint8Array) {
  try {
    return decoded(bytes)
  } catch {
    return undefined
  }
}
