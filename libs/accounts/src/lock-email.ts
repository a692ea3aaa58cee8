import type { CommunityId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'

/**
 * Of all who want an address of the community for an account or a draft, one looks and writes at a time: the two tables have no common
 * index, and each would otherwise miss what the other has not committed. Held until the transaction ends; `email` is lower-case.
 */
export async function lockEmail(
  tx: Transaction,
  { communityId, email }: { communityId: CommunityId; email: string },
): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`email ${communityId} ${email}`}, 0))`.execute(tx)
}
