import type { Did } from '@heronry/core/did'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/** Without those that are gone. */
export async function didsOfActors(db: Database, ids: readonly ActorId[]): Promise<Map<ActorId, Did>> {
  const rows = await db
    .selectFrom('actor')
    .select(['id', 'did'])
    .where(sql<boolean>`id = ANY (${[...ids]}::bigint[])`)
    .execute()
  return new Map(rows.map((row) => [row.id as ActorId, row.did as Did]))
}
