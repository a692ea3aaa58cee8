import { blobHandlers } from '@heronry/blobs/collect-blobs'
import { openObjects } from '@heronry/blobs/open-objects'
import type { BlobWorkerConfig } from '@heronry/config/house-config'
import { storeHandlers } from '@heronry/repo/drop-store'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'

/** The jobs of this service, and what they need, as the process is configured. */
export function openBlobWorker({ config, db }: ProcessParts<BlobWorkerConfig>) {
  return { handlers: [...blobHandlers({ db, objects: openObjects(config.blobs) }), ...storeHandlers({ db })] }
}
