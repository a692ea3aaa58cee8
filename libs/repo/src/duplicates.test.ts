import { sha256 } from '@heronry/core/cid'
import { addKey } from '@heronry/mst/add-key'
import { emptyTree } from '@heronry/mst/tree-node'
import { expect, test } from 'vitest'
import { DuplicateFinder } from './duplicates.ts'
import type { PreparedWrite } from './prepared-write.ts'

const heron = { kind: 1, subject: Uint8Array.of(1) }
const egret = { kind: 1, subject: Uint8Array.of(2) }
const followed = { kind: 3, subject: Uint8Array.of(1) }
const cid = sha256(Uint8Array.of(1))
const root = ['a.b.c/1', 'a.b.c/2'].reduce((tree, path) => addKey(tree, path, cid), emptyTree())

test('only what points at the same subject in the same way, and is still there, is replaced', () => {
  const finder = new DuplicateFinder([
    { path: 'a.b.c/1', backlink: heron },
    { path: 'a.b.c/gone', backlink: heron },
    { path: 'a.b.c/2', backlink: followed },
  ])
  expect(paths(finder.deletesFor([creating('3', heron)], root))).toEqual(['a.b.c/1'])
  expect(finder.deletesFor([creating('3', egret)], root)).toEqual([])
})

test('a record that was made to point elsewhere since is not replaced', () => {
  const finder = new DuplicateFinder([{ path: 'a.b.c/1', backlink: heron }])
  finder.note([{ ...creating('1', egret), action: 'put' }])
  expect(finder.deletesFor([creating('3', heron)], root)).toEqual([])
  expect(paths(finder.deletesFor([creating('3', egret)], root))).toEqual(['a.b.c/1'])
})

function creating(rkey: string, backlink: typeof heron): PreparedWrite {
  const path = `a.b.c/${rkey}`
  const value = Uint8Array.of(0)
  return {
    action: 'create',
    collection: 'a.b.c',
    rkey,
    path,
    cid,
    value,
    blobs: [],
    backlink,
    missing: 'refuse',
  }
}

function paths(writes: readonly PreparedWrite[]): string[] {
  return writes.map(({ path }) => path)
}
