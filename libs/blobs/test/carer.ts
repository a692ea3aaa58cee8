import type { Database } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import type { BlobObjects } from '../src/blob-objects.ts'
import type { CareDeps } from '../src/care-deps.ts'

/** Who looks after blobs where there are neither records nor accounts: services/blob-worker/test has both. */
export function carer({ db, objects }: { db: Database; objects: BlobObjects }): CareDeps {
  const logger = createLogger({ service: 'test', level: 'error', enabled: false })
  return { db, objects, logger, references: { of: async () => [] } }
}
