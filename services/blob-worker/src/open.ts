import { blobHandlers } from '@heronry/blobs/blob-handlers'
import { observeCare } from '@heronry/blobs/observe-care'
import { openObjects } from '@heronry/blobs/open-objects'
import type { BlobWorkerConfig } from '@heronry/config/house-config'
import { storeHandlers } from '@heronry/repo/drop-store'
import { referencedBlobs } from '@heronry/repo/referenced-blobs'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { createProbe } from './probe/probe.ts'
import { httpScan } from './scan/http-scan.ts'

/** The jobs of this service, and what they need, as the process is configured. */
export function openBlobWorker({ config, db, logger, metrics }: ProcessParts<BlobWorkerConfig>) {
  const { blobScan } = config
  observeCare(metrics, db)
  const care = {
    db,
    objects: openObjects(config.blobs),
    logger,
    metrics,
    references: { of: referencedBlobs },
  }
  const policy = { scan: blobScan && httpScan(blobScan), onFailure: blobScan?.onFailure ?? 'hold' }
  return {
    handlers: [...blobHandlers({ ...care, ...policy, probe: createProbe() }), ...storeHandlers({ db })],
  }
}
