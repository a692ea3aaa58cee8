import type { Readable } from 'node:stream'

/** Bytes of a range, both inclusive, as HTTP counts them. `start` lies inside the object, `end` may lie beyond. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface StoredObject {
  readonly key: string
  readonly size: number
  readonly modifiedAt: Date
}

/**
 * Where the bytes lie: a disk or an S3 bucket, held to one contract suite. Keys are opaque paths of `[a-z0-9/-]`, given by us.
 * No call may be made inside a transaction.
 */
export interface BlobObjects {
  /** The object is there as a whole once this resolves, and is durable; when it rejects there is none. */
  put(key: string, body: AsyncIterable<Uint8Array>, options: { mime: string }): Promise<void>
  /** `size` is the whole object's. Throws `BlobNotFound`. */
  get(key: string, range?: ByteRange): Promise<{ stream: Readable; size: number }>
  /** In no particular order. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** Also what an interrupted put left behind. A key that is not there is no fault. */
  delete(keys: readonly string[]): Promise<void>
}
