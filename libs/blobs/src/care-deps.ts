import type { ActorId, CommunityId } from '@heronry/core/ids'
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
  readonly owners: BlobOwners
}

/** What other packages know of blobs. */
export interface BlobOwners {
  /** Of these blobs, those that a record of their actor refers to (libs/repo). */
  referenced(tx: Transaction, blobs: readonly BlobAt[]): Promise<readonly BlobAt[]>
  /** Undefined where there is no such actor any more (libs/accounts). */
  communityOf(db: Database, actorId: ActorId): Promise<CommunityId | undefined>
}
