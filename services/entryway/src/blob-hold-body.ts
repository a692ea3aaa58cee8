import { toDatetimeString } from '@atproto/syntax'
import type { LegalHold } from '@heronry/blobs/legal-hold'
import { cidString } from '@heronry/core/cid'

/** host.heronry.admin.defs#blobHold */
export function blobHoldBody({ id, did, cid, reason, placedAt }: LegalHold) {
  return {
    id: String(id),
    did,
    ...(cid !== undefined && { cid: cidString(cid, 'raw') }),
    reason,
    placedAt: toDatetimeString(placedAt),
  }
}

/** As the audit log names it. */
export function heldSubjectName({ did, cid }: Pick<LegalHold, 'did' | 'cid'>): string {
  return cid === undefined ? did : `${did} ${cidString(cid, 'raw')}`
}
