import type { Digest } from '@heronry/core/cid'

export interface StoredRecord {
  /** `<collection>/<rkey>` */
  readonly path: string
  readonly cid: Digest
  /** DRISL */
  readonly value: Uint8Array
}
