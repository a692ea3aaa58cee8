import { sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { addKey } from './add-key.ts'
import { deleteKey } from './delete-key.ts'
import { keyLayer } from './key-layer.ts'
import { keyLengthMax, nodeKeysMax } from './limits.ts'
import { emptyTree, loaded, type TreeNode } from './tree-node.ts'

const value = sha256(Uint8Array.of(1))

test('a node takes as many keys as its limit, and not one more', () => {
  const keys = mined(nodeKeysMax + 1, (key) => keyLayer(key) === 0)
  const full = keys.slice(0, nodeKeysMax).reduce((tree, key) => addKey(tree, key, value), emptyTree())
  expect(loaded(full).keys).toHaveLength(nodeKeysMax)
  expect(() => addKey(full, keys[nodeKeysMax] as string, value)).toThrow('Too many record keys')
})

test('a deletion that would merge two nodes past the limit is refused, one key fewer is not', () => {
  const left = mined(nodeKeysMax / 2, (key) => keyLayer(key) === 0)
  const right = left.map((key) => key.replace('a.b/', 'c.d/')).filter((key) => keyLayer(key) === 0)
  const spare = mined(nodeKeysMax, (key) => keyLayer(key) === 0, 'c.e')
  const separator = mined(1, (key) => keyLayer(key) > 0, 'b.b')[0] as string
  const at = [...left, separator, ...right, ...spare.slice(0, nodeKeysMax - left.length - right.length)]
  const grown = at.reduce((tree, key) => addKey(tree, key, value), emptyTree())
  expect(loaded(deleteKey(grown, separator)).keys).toHaveLength(nodeKeysMax)
  const past = addKey(grown, spare.at(-1) as string, value)
  expect(() => deleteKey(past, separator)).toThrow('Too many record keys')
})

test('a key takes as many characters as its limit, and not one more', () => {
  const key = (length: number) => `a.b/${'x'.repeat(length - 4)}`
  expect(loaded(addKey(emptyTree(), key(keyLengthMax), value)).keys).toHaveLength(1)
  expect(() => addKey(emptyTree(), key(keyLengthMax + 1), value)).toThrow('Not a valid record path')
})

test.each(['a', 'a/', '/b', 'a/b/c', 'a/ö', 'a/b c'])('%s is no key', (key) => {
  expect(() => addKey(emptyTree(), key, value)).toThrow('Not a valid record path')
})

test('the last key leaves the empty tree, whatever its layer was', () => {
  const [high] = mined(1, (key) => keyLayer(key) > 2) as [string]
  const tree: TreeNode = deleteKey(addKey(emptyTree(), high, value), high)
  expect(tree.layer).toBe(0)
})

function mined(count: number, wanted: (key: string) => boolean, collection = 'a.b'): string[] {
  const found: string[] = []
  for (let index = 0; found.length < count; index++) {
    const key = `${collection}/${index.toString(36).padStart(6, '0')}`
    if (wanted(key)) found.push(key)
  }
  return found
}
