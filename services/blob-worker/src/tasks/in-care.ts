import type { CareDeps } from '@heronry/blobs/care-deps'
import { openObjects } from '@heronry/blobs/open-objects'
import type { BlobTaskConfig } from '@heronry/config/house-config'
import { referencedBlobs } from '@heronry/repo/referenced-blobs'
import { inTaskDatabase } from '@heronry/xrpc/process/in-task-database'

/** What a task does that looks after the blobs of the whole house. */
export function inCare<T>(
  { databaseUrl, blobs }: BlobTaskConfig,
  act: (deps: CareDeps) => Promise<T>,
): Promise<T> {
  return inTaskDatabase(databaseUrl, ({ db, logger }) =>
    act({ db, logger, objects: openObjects(blobs), references: { of: referencedBlobs } }),
  )
}
