import { collectBlobs, countCollectable } from '@heronry/blobs/collect-blobs'
import type { BlobTaskConfig } from '@heronry/config/house-config'
import { inCare } from './in-care.ts'

/** What was due, and is gone by now, or would be. */
export interface CollectedGarbage {
  readonly blobs: number
  readonly strays: number
}

/** Collects at once what the worker would at its next turn; its graces are the same. */
export function collectGarbage(
  config: BlobTaskConfig,
  { isDry }: { isDry: boolean },
): Promise<CollectedGarbage> {
  return inCare(config, async (deps) => {
    const due = await countCollectable(deps.db)
    if (!isDry) await collectBlobs(deps, new AbortController().signal)
    return due
  })
}
