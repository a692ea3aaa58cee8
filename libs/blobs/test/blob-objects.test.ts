import { hash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { BlobObjects } from '../src/blob-objects.ts'
import { disk, s3rver } from './stores.ts'

const mime = 'application/octet-stream'
const ranges = [
  { start: 0, end: 1 },
  { start: 50_000, end: 50_000 },
  { start: 99_990, end: 99_999 },
  { start: 99_999, end: 200_000 },
]

describe.each([disk, s3rver])('objects on $name', (kind) => {
  test('come back as they were put, whole and in ranges', async () => {
    await using store = await kind.open()
    const { objects } = store
    const bytes = randomBytes(100_000)
    await objects.put('b/00/1/one', inChunks(bytes, 7000), { mime })
    const size = bytes.length
    expect(await read(objects, 'b/00/1/one')).toEqual({ digest: sha256(bytes), size })
    for (const { start, end } of kind.takesFirstByte ? [...ranges, { start: 0, end: 0 }] : ranges) {
      const digest = sha256(bytes.subarray(start, end + 1))
      expect(await read(objects, 'b/00/1/one', { start, end })).toEqual({ digest, size })
    }
  })

  test('may be empty, and larger than one part', async () => {
    await using store = await kind.open()
    const { objects } = store
    const bytes = randomBytes(11 * 1024 * 1024)
    await objects.put('b/00/1/empty', inChunks(Buffer.alloc(0), 1), { mime })
    await objects.put('b/00/1/large', inChunks(bytes, 1_000_000), { mime })
    expect(await read(objects, 'b/00/1/empty')).toEqual({ digest: sha256(Buffer.alloc(0)), size: 0 })
    expect(await read(objects, 'b/00/1/large')).toEqual({ digest: sha256(bytes), size: bytes.length })
  })

  test('are not there when they never were, and after their deletion, which may be repeated', async () => {
    await using store = await kind.open()
    const { objects } = store
    await expect(objects.get('b/00/1/none')).rejects.toMatchObject({ code: 'BlobNotFound' })
    for (const key of ['b/00/1/kept', 'b/00/1/gone', 'b/01/2/gone']) {
      await objects.put(key, inChunks(Buffer.from(key), 3), { mime })
    }
    await objects.delete(['b/00/1/gone', 'b/01/2/gone', 'b/00/1/none'])
    await objects.delete(['b/00/1/gone'])
    await expect(objects.get('b/00/1/gone')).rejects.toMatchObject({ code: 'BlobNotFound' })
    expect(await read(objects, 'b/00/1/kept')).toEqual({
      digest: sha256(Buffer.from('b/00/1/kept')),
      size: 11,
    })
  })

  test('are listed by prefix with their size', async () => {
    await using store = await kind.open()
    const { objects } = store
    expect(await listed(objects, 'b/')).toEqual([])
    for (const key of ['b/00/1/one', 'b/00/1/two', 'b/01/2/one', 'c/00/1/one']) {
      await objects.put(key, inChunks(Buffer.from(key), 100), { mime })
    }
    expect(await listed(objects, 'b/00/')).toEqual([
      ['b/00/1/one', 10],
      ['b/00/1/two', 10],
    ])
    expect(await listed(objects, 'b/')).toHaveLength(3)
  })

  test.each([0, 10, 6 * 1024 * 1024])(
    'do not exist when their body breaks after %i bytes',
    async (length) => {
      await using store = await kind.open()
      const { objects } = store
      const put = objects.put('b/00/1/broken', breaking(length), { mime })
      await expect(put).rejects.toThrow('the client is gone')
      await expect(objects.get('b/00/1/broken')).rejects.toMatchObject({ code: 'BlobNotFound' })
      expect(await listed(objects, '')).toEqual([])
    },
  )

  test.each(['../out', 'b/../../out', '/etc/passwd', 'b//x', '', 'b/UP', 'b/x\0'])(
    'never have a key like %j',
    async (key) => {
      await using store = await kind.open()
      const { objects } = store
      await expect(objects.put(key, inChunks(Buffer.from('x'), 1), { mime })).rejects.toThrow(
        'Not an object key',
      )
      await expect(objects.get(key)).rejects.toThrow('Not an object key')
      await expect(objects.delete([key])).rejects.toThrow('Not an object key')
    },
  )
})

async function* inChunks(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    await setImmediate()
    yield bytes.subarray(start, start + size)
  }
}

async function* breaking(length: number): AsyncIterable<Uint8Array> {
  if (length > 0) yield randomBytes(length)
  throw new Error('the client is gone')
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes)
}

async function read(objects: BlobObjects, key: string, range?: { start: number; end: number }) {
  const { stream, size } = await objects.get(key, range)
  return { digest: sha256(await buffer(stream)), size }
}

async function listed(objects: BlobObjects, prefix: string): Promise<[string, number][]> {
  const entries: [string, number][] = []
  for await (const { key, size } of objects.list(prefix)) entries.push([key, size])
  return entries.sort()
}
