import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import type { ActorStatus } from './actor-status.ts'

export type AccountCounts = Readonly<Record<ActorStatus | 'total', number>>

/** How many accounts a community has, by the status that `actorStatus` gives each. One scan of the community's actors. */
export async function countAccounts(db: Database, communityId: CommunityId): Promise<AccountCounts> {
  const { rows } = await sql<{ status: ActorStatus; count: bigint }>`
    SELECT CASE WHEN takedown_ref IS NOT NULL THEN 'takendown'
                WHEN suspended_until > now() THEN 'suspended'
                WHEN deactivated_at IS NOT NULL THEN 'deactivated'
                ELSE 'active' END AS status, count(*) AS count
      FROM actor WHERE community_id = ${communityId} GROUP BY 1`.execute(db)
  const counts = { total: 0, active: 0, takendown: 0, suspended: 0, deactivated: 0 }
  for (const { status, count } of rows) {
    counts[status] = Number(count)
    counts.total += Number(count)
  }
  return counts
}
