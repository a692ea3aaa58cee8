import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testS3 } from '@heronry/testing/s3'
import { type Swift, startSwift } from '@heronry/testing/swift'
import type { BlobObjects } from '../src/blob-objects.ts'
import { diskObjects } from '../src/disk-objects.ts'
import { s3Objects } from '../src/s3-objects.ts'

export interface TestStore extends AsyncDisposable {
  objects: BlobObjects
}

/** A kind of store under test, and what the server behind it is known to do wrong (not our adapter). */
export interface StoreKind {
  name: string
  open(): Promise<TestStore>
  /** s3rver takes `bytes=0-0` for `bytes=0-`. */
  takesFirstByte: boolean
  /** s3rver lists `b-1` behind `b/1`. */
  sortsHyphens: boolean
}

export const disk: StoreKind = {
  name: 'disk',
  takesFirstByte: true,
  sortsHyphens: true,
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'heronry-blobs-'))
    return {
      objects: diskObjects({ location: join(folder, 'blobs'), tempLocation: join(folder, 'temp') }),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

export const s3rver: StoreKind = {
  name: 's3 (s3rver)',
  takesFirstByte: false,
  sortsHyphens: false,
  async open() {
    const server = await testS3()
    const objects = s3Objects(server.options)
    return {
      objects,
      async [Symbol.asyncDispose]() {
        objects[Symbol.dispose]()
        await server[Symbol.asyncDispose]()
      },
    }
  },
}

/** One Swift for all stores of a test file, started by the first; each of them has a bucket of its own. Disposed by the file. */
export function swiftStores(): StoreKind & AsyncDisposable & { server(): Promise<Swift> } {
  let running: Promise<Swift> | undefined
  let buckets = 0
  const server = () => (running ??= startSwift())
  return {
    name: 's3 (OpenStack Swift)',
    takesFirstByte: true,
    sortsHyphens: true,
    server,
    async open() {
      const { createBucket, ...swift } = await server()
      const bucket = `blobs-${buckets++}`
      await createBucket(bucket)
      const objects = s3Objects({ ...swift, bucket, forcePathStyle: true })
      return { objects, [Symbol.asyncDispose]: async () => objects[Symbol.dispose]() }
    },
    async [Symbol.asyncDispose]() {
      await (await running)?.[Symbol.asyncDispose]()
    },
  }
}
