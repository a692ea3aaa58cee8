import { reconcileBlobs } from '@heronry/blobs/reconcile-blobs'
import type { BlobTaskConfig } from '@heronry/config/house-config'
import { inCare } from './in-care.ts'

export interface ReconcileSums {
  readonly objects: number
  /** Objects without a blob, old enough to be taken away. */
  readonly strays: number
  readonly blobs: number
  /** Blobs without their object. */
  readonly missing: number
}

/** Compares the bucket with the rows now. Whoever asks for more than a look has seen how many strays there are, and wants no more taken. */
export function reconcile(
  config: BlobTaskConfig,
  { isDry, straysMax }: { isDry: boolean; straysMax: number },
): Promise<ReconcileSums> {
  return inCare(config, async (deps) => {
    const run = await reconcileBlobs(deps, { isDry, straysMax }, new AbortController().signal)
    const { objects, strays, blobs, missing } = run
    return { objects, strays, blobs, missing }
  })
}
