import type { Digest } from './cid.ts'

/** What a record says of a blob (https://atproto.com/specs/data-model#blob-type). `size` is in bytes. */
export interface BlobRef {
  readonly cid: Digest
  readonly mime: string
  readonly size: number
}
