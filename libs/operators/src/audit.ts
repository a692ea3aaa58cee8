import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { type AuditEntry, auditHash, noHash } from './audit-entry.ts'
import { monthOf } from './audit-partitions.ts'
import {
  auditAddressCharsMax,
  auditReasonCharsMax,
  auditSubjectBytesMax,
  auditSubjectCharsMax,
} from './limits.ts'

/**
 * Appends the entry to the chain of its community, in the transaction of the act that it tells of: both are committed, or neither. kill -9
 * → neither.
 *
 * Invariant: whoever appends holds the row of the chain's end until its transaction ends. So a chain never forks, and its numbers have no
 * gap. It is the transaction's last statement: who waits here holds what others may wait for, and must not be waited for by who appends.
 */
export async function audit(tx: Transaction, entry: AuditEntry): Promise<void> {
  const end = await lockEnd(tx, entry.communityId)
  const linked = { ...bounded(entry), seq: end.seq + 1, prev: end.hash }
  const row = { ...linked, hash: auditHash(linked) }
  const { communityId, before, after, at, ...columns } = row
  await tx
    .insertInto('audit_log')
    .values({
      ...columns,
      at,
      community_id: communityId,
      month: monthOf(at),
      seq: BigInt(row.seq),
      before: before && JSON.stringify(before),
      after: after && JSON.stringify(after),
    })
    .execute()
  await tx
    .updateTable('audit_head')
    .set({ seq: BigInt(row.seq), hash: row.hash })
    .where('community_id', '=', communityId)
    .execute()
}

async function lockEnd(
  tx: Transaction,
  communityId: CommunityId,
): Promise<{ seq: number; hash: Uint8Array }> {
  const { seq, hash } = await tx
    .insertInto('audit_head')
    .values({ community_id: communityId, seq: 0n, hash: noHash })
    .onConflict((conflict) => conflict.column('community_id').doUpdateSet({ seq: sql`audit_head.seq` }))
    .returning(['seq', 'hash'])
    .executeTakeFirstOrThrow()
  return { seq: Number(seq), hash }
}

/** What comes from outside has an end, and nothing in it that Postgres has no text for. */
function bounded(entry: AuditEntry): AuditEntry {
  const { subject, reason, address } = entry
  return {
    ...entry,
    address: cut(address, auditAddressCharsMax),
    subject: subject && cutBytes(cut(subject, auditSubjectCharsMax), auditSubjectBytesMax),
    reason: reason && cut(reason, auditReasonCharsMax),
  }
}

function cut(text: string, charsMax: number): string {
  return text.slice(0, charsMax).toWellFormed().replaceAll('\0', '\u{fffd}')
}

/** Half a character at the end becomes U+FFFD. */
function cutBytes(text: string, bytesMax: number): string {
  return Buffer.byteLength(text) <= bytesMax ? text : Buffer.from(text).subarray(0, bytesMax).toString()
}
