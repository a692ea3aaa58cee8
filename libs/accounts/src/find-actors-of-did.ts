import type { Did } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import { type Actor, type ActorRow, actorOf } from './actor.ts'

/**
 * The actors of a DID, in every community that hosts it. One probe of the unique (community_id, did) for each community, which are
 * found by stepping through that index: there is no index on the DID alone.
 */
export async function findActorsOfDid(db: Database | Transaction, did: Did): Promise<Actor[]> {
  const { rows } = await sql<ActorRow>`
    WITH RECURSIVE hosting AS (
      SELECT min(community_id) AS community_id FROM actor
      UNION ALL
      SELECT (SELECT min(community_id) FROM actor WHERE community_id > hosting.community_id)
      FROM hosting WHERE hosting.community_id IS NOT NULL)
    SELECT a.id, a.community_id, a.did, a.handle, a.created_at, a.deactivated_at, a.takedown_ref, a.suspended_until,
      a.sessions_since
    FROM hosting JOIN actor a ON a.community_id = hosting.community_id AND a.did = ${did}`.execute(db)
  return rows.map((row) => actorOf(row))
}
