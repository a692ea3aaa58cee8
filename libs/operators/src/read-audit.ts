import type { CommunityId } from '@heronry/core/ids'
import type { AuditFacts, AuditOutcome, AuditRow } from './audit-entry.ts'

/** The columns that an AuditRow is read from. */
export const auditColumns = [
  'audit_log.community_id',
  'audit_log.seq',
  'audit_log.at',
  'audit_log.principal',
  'audit_log.address',
  'audit_log.method',
  'audit_log.subject',
  'audit_log.reason',
  'audit_log.before',
  'audit_log.after',
  'audit_log.outcome',
  'audit_log.error',
  'audit_log.prev',
  'audit_log.hash',
] as const

export interface StoredAuditRow {
  community_id: number
  seq: bigint
  at: Date
  principal: string
  address: string
  method: string
  subject: string | null
  reason: string | null
  before: unknown
  after: unknown
  outcome: string
  error: string | null
  prev: Uint8Array
  hash: Uint8Array
}

export function auditRowOf({ community_id, ...row }: StoredAuditRow): AuditRow {
  return {
    ...row,
    communityId: community_id as CommunityId,
    seq: Number(row.seq),
    before: row.before as AuditFacts | null,
    after: row.after as AuditFacts | null,
    outcome: row.outcome as AuditOutcome,
  }
}
