import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Seq } from '@heronry/core/ids'
import { describe, expect, test } from 'vitest'
import { writeArchiveIndex } from '../src/archive/archive-index.ts'
import { lastArchivedSeq } from '../src/archive/last-archived-seq.ts'
import { archiveStores, diskStore } from './archive-stores.ts'

const at = (epoch: number, lastSeq: number) => ({ epoch, lastSeq: lastSeq as Seq })

describe.each(archiveStores)('the index of an archive on $name', ({ open }) => {
  test('says nothing where nothing was archived, and then the last seq, again and again', async () => {
    await using store = await open()
    expect(await lastArchivedSeq(store.objects)).toBeUndefined()
    for (const index of [at(3, 100), at(3, 250), at(4, 300), at(4, 301)]) {
      await writeArchiveIndex(store.objects, index)
      expect(await lastArchivedSeq(store.objects)).toBe(index.lastSeq)
    }
  })

  test('is not taken back by a leader that was overtaken', async () => {
    await using store = await open()
    await writeArchiveIndex(store.objects, at(3, 100))
    await writeArchiveIndex(store.objects, at(4, 200))
    await writeArchiveIndex(store.objects, at(3, 150))
    expect(await lastArchivedSeq(store.objects)).toBe(200)
  })
})

test('what a kill left half written is in the way once', async () => {
  await using store = await diskStore()
  await writeArchiveIndex(store.objects, at(3, 100))
  await mkdir(join(store.folder, 'temp'), { recursive: true })
  await writeFile(join(store.folder, 'temp', 'firehose_index_0'), 'half')
  await expect(writeArchiveIndex(store.objects, at(4, 200))).rejects.toMatchObject({
    cause: { code: 'EEXIST' },
  })
  expect(await lastArchivedSeq(store.objects)).toBe(100)
  await writeArchiveIndex(store.objects, at(4, 200))
  expect(await lastArchivedSeq(store.objects)).toBe(200)
})

test('an object that is no index is an error, not a low seq', async () => {
  await using store = await diskStore()
  await store.objects.put('firehose/index/1', chunks('{"lastSeq":"7"}'), { mime: 'application/json' })
  await expect(lastArchivedSeq(store.objects)).rejects.toThrow('Not an index: firehose/index/1')
})

async function* chunks(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text)
}
