import { verifyBlobs } from '@heronry/blobs/verify-blobs'
import type { BlobTaskConfig } from '@heronry/config/house-config'
import { cidString } from '@heronry/core/cid'
import { namedBlobsMax } from '../limits.ts'
import { inCare } from './in-care.ts'

export interface VerifiedBlobs {
  readonly blobs: number
  readonly bytes: number
  readonly missing: number
  readonly altered: number
  /** Some of those that are not whole. */
  readonly damaged: readonly { readonly actor: string; readonly cid: string; readonly verdict: string }[]
}

/** Reads every blob of the house and hashes it. Changes nothing. */
export function verify(config: BlobTaskConfig): Promise<VerifiedBlobs> {
  return inCare(config, async (deps) => {
    const sums = { blobs: 0, bytes: 0, missing: 0, altered: 0 }
    const damaged = []
    for await (const { actorId, cid, size, verdict } of verifyBlobs(deps)) {
      sums.blobs += 1
      sums.bytes += size
      if (verdict === 'whole') continue
      sums[verdict] += 1
      if (damaged.length >= namedBlobsMax) continue
      damaged.push({ actor: String(actorId), cid: cidString(cid, 'raw'), verdict })
    }
    return { ...sums, damaged }
  })
}
