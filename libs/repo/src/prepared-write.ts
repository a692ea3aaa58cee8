import type { BlobRef } from '@heronry/core/blob-ref'
import type { Digest } from '@heronry/core/cid'

/** A write as a client asks for it. Records are in the data model: CIDs and bytes, not their JSON. */
export type WriteRequest = CreateRequest | ReplaceRequest | DeleteRequest

export interface CreateRequest {
  action: 'create'
  collection: string
  /** A TID is made where it is left out. */
  rkey?: string | undefined
  record: unknown
}

/** `put` creates what is not there, and is no commit where nothing would change; `update` refuses with RecordNotFound. */
export interface ReplaceRequest {
  action: 'update' | 'put'
  collection: string
  rkey: string
  record: unknown
  /** The CID the record must have now; null: it must not exist. */
  swapRecord?: Digest | null | undefined
}

export interface DeleteRequest {
  action: 'delete'
  collection: string
  rkey: string
  swapRecord?: Digest | null | undefined
  /** What to do where there is no such record; refused with RecordNotFound unless told otherwise. */
  missing?: 'refuse' | 'ignore' | undefined
}

/** A write that is ready for the tree: nothing about it depends on the repo any more. */
export interface PreparedWrite {
  readonly action: 'create' | 'update' | 'put' | 'delete'
  readonly collection: string
  readonly rkey: string
  /** `<collection>/<rkey>` */
  readonly path: string
  /** Null of a delete, as is `value`. */
  readonly cid: Digest | null
  /** DRISL of the record. */
  readonly value: Uint8Array | null
  readonly blobs: readonly BlobRef[]
  readonly backlink: Backlink | null
  readonly swapRecord?: Digest | null | undefined
  readonly missing: 'refuse' | 'ignore'
  /** Left out where nothing was validated. */
  readonly validationStatus?: 'valid' | 'unknown'
}

/** What a like, repost, follow or block points at; one per kind and subject is enough. */
export interface Backlink {
  /** `backlink.kind` */
  readonly kind: number
  /** 16 bytes of the subject's SHA-256. */
  readonly subject: Uint8Array
}
