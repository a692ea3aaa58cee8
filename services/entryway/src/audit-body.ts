import type { LexMap } from '@atproto/lex'
import { toDatetimeString } from '@atproto/syntax'
import type { AuditRow } from '@heronry/operators/audit-entry'

/** host.heronry.admin.defs#auditEntry */
export function auditBody({ communityId: _, at, prev, hash, ...row }: AuditRow) {
  const { seq, principal, address, method, subject, reason, before, after, outcome, error } = row
  return {
    ...{ seq, at: toDatetimeString(at), principal, address, method },
    ...(subject !== null && { subject }),
    ...(reason !== null && { reason }),
    ...(before !== null && { before: before as LexMap }),
    ...(after !== null && { after: after as LexMap }),
    outcome,
    ...(error !== null && { error }),
    prev: Buffer.from(prev).toString('hex'),
    hash: Buffer.from(hash).toString('hex'),
  }
}
