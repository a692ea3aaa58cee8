import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { BlobAt } from './blob-jobs.ts'
import type { BlobObjects } from './blob-objects.ts'

/** What looking after blobs needs. */
export interface CareDeps {
  readonly db: Database
  readonly objects: BlobObjects
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  readonly references: BlobReferences
}

/** What the records know of blobs. */
export interface BlobReferences {
  /** Of these blobs, those that a record of their actor refers to (libs/repo). */
  of(tx: Transaction, blobs: readonly BlobAt[]): Promise<readonly BlobAt[]>
}
