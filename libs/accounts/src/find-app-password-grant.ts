import { batchedLookup } from '@heronry/db/batched-lookup'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/** What an app password may do, for whoever verifies its access tokens: without its hash. */
export interface AppPasswordGrant {
  readonly id: bigint
  readonly actorId: bigint
  readonly permissions: readonly string[] | null
}

/** Undefined once it is revoked. */
export function findAppPasswordGrant(db: Database, id: bigint): Promise<AppPasswordGrant | undefined> {
  return lookUp(db, id)
}

const lookUp = batchedLookup<bigint, AppPasswordGrant>(async (db, ids) => {
  const { rows } = await sql<AppPasswordGrant>`
    SELECT id, actor_id AS "actorId", permissions FROM app_password WHERE id = ANY (${ids}::bigint[])`.execute(
    db,
  )
  const found = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => found.get(id))
})
