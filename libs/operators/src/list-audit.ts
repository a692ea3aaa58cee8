import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { AuditRow } from './audit-entry.ts'
import { auditColumns, auditRowOf } from './read-audit.ts'

export interface AuditQuery {
  readonly communityId: CommunityId
  readonly limit: number
  readonly order: 'newest' | 'oldest'
  /** The last number of the page before. */
  readonly after?: number | undefined
  readonly subject?: string | undefined
  readonly method?: string | undefined
}

/** Rows of one community's chain, as they are stored: whether they are what was written, `verifyAudit` says. */
export async function listAudit(db: Database, query: AuditQuery): Promise<AuditRow[]> {
  const { communityId, limit, order, after, subject, method } = query
  const isNewest = order === 'newest'
  let select = db.selectFrom('audit_log').select(auditColumns).where('community_id', '=', communityId)
  if (after !== undefined) select = select.where('seq', isNewest ? '<' : '>', BigInt(after))
  if (subject !== undefined) select = select.where('subject', '=', subject)
  if (method !== undefined) select = select.where('method', '=', method)
  const rows = await select
    .orderBy('seq', isNewest ? 'desc' : 'asc')
    .limit(limit)
    .execute()
  return rows.map(auditRowOf)
}
