import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { type FaultProxy, faultProxy } from '@heronry/testing/fault-proxy'
import { freePorts } from '@heronry/testing/free-ports'
import type { Swift } from '@heronry/testing/swift'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BlobObjects } from '../src/blob-objects.ts'
import { createS3Client, type S3Options } from '../src/s3-client.ts'
import { s3Objects } from '../src/s3-objects.ts'
import { swiftStores } from './stores.ts'

const mime = 'application/octet-stream'
const bucket = 'herons'
const stores = swiftStores()
let swift: Swift
let proxy: FaultProxy
beforeAll(async () => {
  swift = await stores.server()
  await swift.createBucket(bucket)
  proxy = await faultProxy(swift.endpoint)
}, 90_000)
afterAll(async () => {
  proxy?.[Symbol.dispose]()
  await stores[Symbol.asyncDispose]()
})

function open(changed: Partial<S3Options> = {}): BlobObjects & Disposable {
  const { endpoint, accessKeyId, secretAccessKey } = swift
  return s3Objects({ bucket, endpoint, forcePathStyle: true, accessKeyId, secretAccessKey, ...changed })
}

const throughProxy = (changed: Partial<S3Options> = {}) => open({ endpoint: proxy.url, ...changed })

/** Every operation, with one key. */
const operations: Record<string, (objects: BlobObjects, key: string) => Promise<unknown>> = {
  put: (objects, key) => objects.put(key, inChunks(randomBytes(1000)), { mime }),
  open: (objects, key) => objects.open(key),
  list: (objects) => objects.list('')[Symbol.asyncIterator]().next(),
  delete: (objects, key) => objects.deleteMany([key]),
  move: (objects, key) => objects.move(key, `${key}-moved`),
}

describe('what an operator reads of a bucket that is configured wrongly', () => {
  test.each(Object.keys(operations))('the secret is of another key: %s', async (operation) => {
    using objects = open({ secretAccessKey: 'wrong' })
    await expect(operations[operation]?.(objects, 'b/1')).rejects.toMatchObject({
      code: 'UpstreamFailure',
      message: 'The blob store did not answer as it should. Please try again.',
      fields: {
        bucket,
        operation,
        likely: expect.stringContaining('PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY is not the secret of'),
      },
      cause: { name: 'SignatureDoesNotMatch' },
    })
  })

  test('a HEAD does not say why it is refused', async () => {
    using objects = open({ secretAccessKey: 'wrong' })
    const likely = expect.stringContaining('The key may not do this in bucket herons')
    await expect(objects.stat('b/1')).rejects.toMatchObject({ code: 'UpstreamFailure', fields: { likely } })
  })

  test.each(['stat', ...Object.keys(operations)])('there is no such bucket: %s', async (operation) => {
    using objects = open({ bucket: 'storks' })
    const run = { ...operations, stat: (it: BlobObjects, key: string) => it.stat(key) }[operation]
    await expect(run?.(objects, 'b/1')).rejects.toMatchObject({
      code: 'UpstreamFailure',
      fields: {
        bucket: 'storks',
        operation,
        likely: expect.stringContaining('There is no bucket storks at'),
      },
    })
  })

  test('nobody is there', async () => {
    const [port] = await freePorts(1)
    using objects = open({ endpoint: `http://127.0.0.1:${port}` })
    const likely = expect.stringContaining(`Nobody answers at http://127.0.0.1:${port}`)
    await expect(objects.stat('b/1')).rejects.toMatchObject({ code: 'UpstreamFailure', fields: { likely } })
  })
})

describe('a store that fails while it is asked', () => {
  test('is asked again', async () => {
    using objects = throughProxy()
    proxy.fault = { direction: 'up', afterBytes: 10, how: 'reset', connections: 2 }
    await objects.put('again/1', inChunks(randomBytes(1000)), { mime })
    expect(await objects.stat('again/1')).toMatchObject({ size: 1000 })
  })

  test.each([1000, 7_000_000])('and breaks off an upload of %i bytes leaves nothing of it', async (size) => {
    using objects = throughProxy()
    proxy.fault = { direction: 'up', afterBytes: Math.min(size, 6_000_000) / 2, how: 'reset' }
    await expect(objects.put('cut/1', inChunks(randomBytes(size)), { mime })).rejects.toMatchObject({
      code: 'UpstreamFailure',
      fields: { operation: 'put', likely: expect.stringContaining('broke the connection off') },
    })
    await expectNothing('cut/')
  })

  test('and is silent does not keep an upload for ever, nor leave parts of it', async () => {
    using objects = throughProxy({ requestTimeoutMs: 300, uploadTimeoutMs: 700 })
    // The first part is stored, the second is not, nor when it is sent again. What is small comes through.
    proxy.fault = { direction: 'up', afterBytes: 6_000_000, how: 'silence', connections: 1 }
    const body = async function* () {
      yield randomBytes(6_000_000)
      proxy.fault = { direction: 'up', afterBytes: 10_000, how: 'silence' }
      yield randomBytes(6_000_000)
    }
    await expect(objects.put('silent/1', body(), { mime })).rejects.toMatchObject({
      code: 'UpstreamTimeout',
      message: 'Operation timed out, please try again.',
      fields: { operation: 'put', likely: expect.stringContaining('did not answer in time') },
    })
    await expectNothing('silent/')
  })

  test('does not cut a client off that takes longer than the store may', async () => {
    using objects = open({ requestTimeoutMs: 300, uploadTimeoutMs: 500 })
    const body = async function* () {
      yield randomBytes(10)
      await delay(800)
      yield randomBytes(10)
    }
    await objects.put('patient/1', body(), { mime })
    expect(await objects.stat('patient/1')).toMatchObject({ size: 20 })
  })
})

describe('a download', () => {
  const bytes = randomBytes(3_000_000)
  const key = 'down/1'
  beforeAll(async () => {
    using objects = open()
    await objects.put(key, inChunks(bytes), { mime })
  })

  test.each(['reset', 'end'] as const)('that is broken off (%s) fails instead of ending', async (how) => {
    using objects = throughProxy()
    proxy.fault = { direction: 'down', afterBytes: 1_000_000, how }
    const { stream, size } = await objects.open(key)
    expect(size).toBe(bytes.length)
    await expect(buffer(stream)).rejects.toMatchObject({
      code: 'UpstreamFailure',
      fields: { operation: 'open', likely: expect.stringMatching(/broke the connection off|fewer bytes/) },
    })
  })

  test('that falls silent fails', async () => {
    using objects = throughProxy({ requestTimeoutMs: 300 })
    proxy.fault = { direction: 'down', afterBytes: 1_000_000, how: 'silence' }
    const { stream } = await objects.open(key)
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'UpstreamTimeout' })
  })

  test('may be read as slowly as its reader likes', async () => {
    using objects = throughProxy({ requestTimeoutMs: 300 })
    proxy.fault = undefined
    const { stream } = await objects.open(key)
    await once(stream, 'readable')
    const first = stream.read(10)
    await delay(700)
    expect(Buffer.concat([first, await buffer(stream)]).equals(bytes)).toBe(true)
  })

  test('that nobody reads any more ends at the store', async () => {
    using objects = throughProxy()
    proxy.fault = undefined
    await expect.poll(() => proxy.open()).toBe(0)
    const { stream } = await objects.open(key)
    await once(stream, 'readable')
    expect(proxy.open()).toBe(1)
    stream.destroy()
    await expect.poll(() => proxy.open()).toBe(0)
  })
})

async function expectNothing(prefix: string): Promise<void> {
  using objects = open()
  expect((await objects.list(prefix)[Symbol.asyncIterator]().next()).done).toBe(true)
  const { endpoint, accessKeyId, secretAccessKey } = swift
  const client = createS3Client({ bucket, endpoint, forcePathStyle: true, accessKeyId, secretAccessKey })
  const uploads = () => client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }))
  await expect.poll(async () => (await uploads()).Uploads ?? []).toEqual([])
  client.destroy()
}

async function* inChunks(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536)
}
