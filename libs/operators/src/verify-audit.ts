import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { type AuditRow, auditHash, noHash } from './audit-entry.ts'
import { auditColumns, auditRowOf, type StoredAuditRow } from './read-audit.ts'

/**
 * What is wrong at a number: its row is `altered` (not what was hashed), `missing`, there `twice`, or `unlinked` (does not follow the row
 * before); or the chain's `end` is not where it was.
 */
export type ChainFault = 'altered' | 'missing' | 'twice' | 'unlinked' | 'end'

export interface ChainVerdict {
  /** The last number that was looked at and found right. */
  readonly verified: number
  /** The chain's end as it is stored. */
  readonly head: { readonly seq: number; readonly hash: Uint8Array }
  readonly fault: { readonly seq: number; readonly fault: ChainFault } | undefined
}

/**
 * Looks at up to `limit` rows of a community's chain that follow number `after`, which a call before has verified; all of it is, once
 * `verified` reaches the head. What is changed, taken out or moved anywhere is found, because each row holds the hash of the row before and
 * the head that of the last. Who could write the whole chain anew and its head is found by a head that was noted elsewhere.
 */
export async function verifyAudit(
  db: Database,
  { communityId, after = 0, limit }: { communityId: CommunityId; after?: number; limit: number },
): Promise<ChainVerdict> {
  const { head, rows } = await readChain(db, { communityId, after, limit })
  let last: Pick<AuditRow, 'seq' | 'hash'> = { seq: Math.max(after - 1, 0), hash: noHash }
  for (const row of rows) {
    const fault = faultOf(row, last)
    // The row that the call before ended with is there for its hash.
    const isKnown = row.seq === after && fault === 'unlinked'
    if (fault !== undefined && !isKnown) {
      return { verified: last.seq, head, fault: { seq: Math.min(row.seq, last.seq + 1), fault } }
    }
    last = row
  }
  const isAll = rows.length < pageRows(after, limit)
  if (last.seq > head.seq || (isAll && last.seq < head.seq) || isOtherEnd(last, head)) {
    return { verified: last.seq, head, fault: { seq: Math.min(last.seq, head.seq) + 1, fault: 'end' } }
  }
  return { verified: last.seq, head, fault: undefined }
}

function faultOf(row: AuditRow, last: Pick<AuditRow, 'seq' | 'hash'>): ChainFault | undefined {
  if (row.seq === last.seq) return 'twice'
  if (row.seq !== last.seq + 1) return 'missing'
  if (Buffer.compare(auditHash(row), row.hash) !== 0) return 'altered'
  return Buffer.compare(row.prev, last.hash) === 0 ? undefined : 'unlinked'
}

type End = Pick<AuditRow, 'seq' | 'hash'>

function isOtherEnd(last: End, head: End): boolean {
  return last.seq === head.seq && last.seq > 0 && Buffer.compare(last.hash, head.hash) !== 0
}

/** One more than asked for after the first page: the row that it goes on from. */
function pageRows(after: number, limit: number): number {
  return after > 0 ? limit + 1 : limit
}

/** Head and rows by one statement: of one snapshot, whoever appends meanwhile. */
async function readChain(
  db: Database,
  { communityId, after, limit }: { communityId: CommunityId; after: number; limit: number },
): Promise<{ head: End; rows: AuditRow[] }> {
  const { rows } = await sql<StoredAuditRow & { head_seq: bigint | null; head_hash: Uint8Array | null }>`
    SELECT head.seq AS head_seq, head.hash AS head_hash, page.*
    FROM (VALUES (1)) AS one LEFT JOIN audit_head head ON head.community_id = ${communityId}
    LEFT JOIN LATERAL (
      SELECT ${sql.join(auditColumns.map((column) => sql.ref(column)))} FROM audit_log
      WHERE audit_log.community_id = ${communityId} AND audit_log.seq >= ${after}
      ORDER BY audit_log.seq LIMIT ${pageRows(after, limit)}) page ON true`.execute(db)
  const [first] = rows
  return {
    head: { seq: Number(first?.head_seq ?? 0), hash: first?.head_hash ?? noHash },
    rows: rows.filter(({ seq }) => seq !== null).map(auditRowOf),
  }
}
