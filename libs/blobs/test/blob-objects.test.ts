import { hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BlobObjects } from '../src/blob-objects.ts'
import { disk, s3rver, swiftStores } from './stores.ts'

const mime = 'application/octet-stream'
const ranges = [
  { start: 0, end: 1 },
  { start: 50_000, end: 50_000 },
  { start: 99_990, end: 99_999 },
  { start: 99_999, end: 200_000 },
]

const swift = swiftStores()
beforeAll(async () => void (await swift.server()), 90_000)
afterAll(() => swift[Symbol.asyncDispose]())

describe.each([disk, s3rver, swift])('objects on $name', (kind) => {
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
    await expect(objects.open('b/00/1/none')).rejects.toMatchObject({ code: 'BlobNotFound' })
    for (const key of ['b/00/1/kept', 'b/00/1/gone', 'b/01/2/gone']) {
      await objects.put(key, inChunks(Buffer.from(key), 3), { mime })
    }
    await objects.deleteMany(['b/00/1/gone', 'b/01/2/gone', 'b/00/1/none'])
    await objects.delete('b/00/1/gone')
    await expect(objects.open('b/00/1/gone')).rejects.toMatchObject({ code: 'BlobNotFound' })
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

  test('are listed in the order of their keys, also from behind one of them', async () => {
    await using store = await kind.open()
    const { objects } = store
    const odd = kind.sortsHyphens ? ['b-1/x'] : []
    const keys = ['a', ...odd, 'b/00/1/one', 'b/00/1/two', 'b/00/10/one', 'b/01/2/one', 'b1', 'c/x']
    for (const key of keys.toReversed()) await objects.put(key, inChunks(Buffer.from(key), 100), { mime })
    for (const [at, after] of ['', ...keys].entries()) {
      expect(await keysOf(objects.list('', { after }))).toEqual(keys.slice(at))
    }
    expect(await keysOf(objects.list('b/0', { after: 'b/00/1/one' }))).toEqual([
      'b/00/1/two',
      'b/00/10/one',
      'b/01/2/one',
    ])
    expect(await keysOf(objects.list('b/00/1', { after: 'a' }))).toEqual([
      'b/00/1/one',
      'b/00/1/two',
      'b/00/10/one',
    ])
    expect(await keysOf(objects.list('b/00/1', { after: 'c' }))).toEqual([])
  })

  test('say how large they are', async () => {
    await using store = await kind.open()
    const { objects } = store
    await objects.put('b/00/1/one', inChunks(Buffer.from('heron'), 100), { mime })
    const { key, size, modifiedAt } = await objects.stat('b/00/1/one')
    expect({ key, size }).toEqual({ key: 'b/00/1/one', size: 5 })
    expect(Math.abs(modifiedAt.getTime() - Date.now())).toBeLessThan(60_000)
    await expect(objects.stat('b/00/1/two')).rejects.toMatchObject({ code: 'BlobNotFound' })
  })

  test('move, and have moved when that is done again', async () => {
    await using store = await kind.open()
    const { objects } = store
    const bytes = randomBytes(1000)
    await objects.put('b/00/1/one', inChunks(bytes, 100), { mime })
    await objects.put('q/00/1/one', inChunks(Buffer.from('older'), 100), { mime })
    await objects.move('b/00/1/one', 'q/00/1/one')
    await objects.move('b/00/1/one', 'q/00/1/one')
    expect(await keysOf(objects.list(''))).toEqual(['q/00/1/one'])
    expect(await read(objects, 'q/00/1/one')).toEqual({ digest: sha256(bytes), size: 1000 })
    await expect(objects.move('b/00/1/none', 'q/00/1/none')).rejects.toMatchObject({ code: 'BlobNotFound' })
  })

  test('are no longer read when their reader goes away', async () => {
    await using store = await kind.open()
    const { objects } = store
    await objects.put('b/00/1/one', inChunks(randomBytes(3_000_000), 100_000), { mime })
    const gone = new AbortController()
    const { stream } = await objects.open('b/00/1/one', { signal: gone.signal })
    await once(stream, 'readable')
    const failed = once(stream, 'error')
    gone.abort(new Error('the reader is gone'))
    expect((await failed)[0]).toBeInstanceOf(Error)
    expect(stream.destroyed).toBe(true)
  })

  test.each([0, 10, 6 * 1024 * 1024])(
    'do not exist when their body breaks after %i bytes',
    async (length) => {
      await using store = await kind.open()
      const { objects } = store
      const put = objects.put('b/00/1/broken', breaking(length), { mime })
      await expect(put).rejects.toThrow('the client is gone')
      await expect(objects.open('b/00/1/broken')).rejects.toMatchObject({ code: 'BlobNotFound' })
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
      await expect(objects.open(key)).rejects.toThrow('Not an object key')
      await expect(objects.delete(key)).rejects.toThrow('Not an object key')
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

async function keysOf(objects: AsyncIterable<{ key: string }>): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of objects) keys.push(key)
  return keys
}

async function read(objects: BlobObjects, key: string, range?: { start: number; end: number }) {
  const { stream, size } = await objects.open(key, { range })
  return { digest: sha256(await buffer(stream)), size }
}

async function listed(objects: BlobObjects, prefix: string): Promise<[string, number][]> {
  const entries: [string, number][] = []
  for await (const { key, size } of objects.list(prefix)) entries.push([key, size])
  return entries.sort()
}
