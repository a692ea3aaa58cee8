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

/** How an object looks to whom it is handed by a URL of the store itself. */
export interface PresignedLook {
  readonly expiresInSeconds: number
  readonly mime: string
  /** Content-Disposition */
  readonly disposition: string
}

/**
 * Where the bytes lie: a disk or an S3 bucket, held to one contract suite. Keys are opaque paths of `[a-z0-9/-]`, given by us.
 * No call may be made inside a transaction.
 *
 * Errors: `BlobNotFound` where there is no such object, ObjectStoreError (`UpstreamFailure`, `UpstreamTimeout`) for what the store did not
 * do; what `put`'s body throws, and the reason of a signal, as they are.
 */
export interface BlobObjects {
  /** The object is there as a whole once this resolves, and is durable; when it rejects there is none. */
  put(key: string, body: AsyncIterable<Uint8Array>, options: { mime: string }): Promise<void>
  /**
   * `size` is the whole object's. A stream that ends has all of it: what breaks off fails. Destroying the stream ends the request.
   */
  open(key: string, options?: OpenOptions): Promise<{ stream: Readable; size: number }>
  stat(key: string): Promise<StoredObject>
  /** In the order of keys, from behind `after`: the last key is the cursor of whoever stops early. */
  list(prefix: string, options?: { after?: string | undefined }): AsyncIterable<StoredObject>
  /** Also what an interrupted put left behind. A key that is not there is no fault. */
  delete(key: string): Promise<void>
  deleteMany(keys: readonly string[]): Promise<void>
  /**
   * Replaces what `to` was. kill -9 in between → both are there, and moving again is what ends it. Where `from` is gone and `to` is there it
   * has been done already; `BlobNotFound` where neither is.
   */
  move(from: string, to: string): Promise<void>
  /** A URL under which anybody may GET the object for a while. Absent where the store has none. */
  presign?(key: string, look: PresignedLook): Promise<string>
}

export interface OpenOptions {
  readonly range?: ByteRange | undefined
  readonly signal?: AbortSignal | undefined
}
