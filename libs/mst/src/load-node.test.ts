import { type Digest, sha256 } from '@heronry/core/cid'
import { expect, test } from 'vitest'
import { TreeBuilder } from './build-tree.ts'
import { decodeEntries } from './decode-node.ts'
import type { NodeRow } from './diff-rows.ts'
import { gapsOf } from './gaps.ts'
import { getValue } from './get-value.ts'
import { loadBytes, loadLeaf } from './load-node.ts'

const records = Array.from({ length: 200 }, (_, index) => ({
  path: `app.bsky.feed.post/${index.toString().padStart(4, '0')}`,
  cid: sha256(Uint8Array.of(index)),
}))

test('a node that is not what its parent names is not loaded', () => {
  const { root, rows } = build()
  const body = Uint8Array.from(rows.at(-1)?.body ?? [])
  body[body.length - 1] = (body.at(-1) as number) ^ 1
  expect(loadBytes(root, body)).toBe(false)
  expect(gapsOf(root, ['a/b'])).toHaveLength(1)
})

test('a leaf is not loaded from records of which one is missing or another', () => {
  const { root, rows } = build()
  expect(loadBytes(root, rows.at(-1)?.body as Uint8Array)).toBe(true)
  let gaps = gapsOf(root, ['app.bsky.feed.post/0050x'])
  while (gaps.some((gap) => gap.layer > 0)) {
    for (const { node, layer, lo } of gaps) {
      const row = rows.find((candidate) => candidate.layer === layer && candidate.lo === lo)
      if (row !== undefined) expect(loadBytes(node, row.body)).toBe(true)
    }
    gaps = gapsOf(root, ['app.bsky.feed.post/0050x']).filter((gap) => gap.layer > 0)
  }
  const [leaf] = gapsOf(root, ['app.bsky.feed.post/0050x'])
  if (leaf === undefined) throw new Error('The history has no leaf there')
  const range = records.filter(({ path }) => path > leaf.lo && (leaf.hi === null || path < leaf.hi))
  expect(loadLeaf(leaf.node, range.slice(1))).toBe(false)
  expect(loadLeaf(leaf.node, range.with(0, { ...range[0], cid: sha256(Uint8Array.of(9, 9)) } as never))).toBe(
    false,
  )
  expect(loadLeaf(leaf.node, range)).toBe(true)
  expect(getValue(root, range[0]?.path as string)).not.toBeNull()
})

test('bytes in any other form are no node', () => {
  const body = build().rows.at(-1)?.body as Uint8Array
  const position = { layer: 1, lo: '' }
  expect(() => decodeEntries(body, position)).not.toThrow()
  expect(() => decodeEntries(body.subarray(0, -1), position)).toThrow()
  expect(() => decodeEntries(Buffer.concat([body, Uint8Array.of(0)]), position)).toThrow('trailing')
  expect(() => decodeEntries(Uint8Array.of(0xa0), position)).toThrow('Not a tree node')
})

function build() {
  const rows: (NodeRow & { cid: Digest })[] = []
  const builder = new TreeBuilder((row) => rows.push(row))
  for (const record of records) builder.add(record)
  return { root: builder.finish(), rows }
}
