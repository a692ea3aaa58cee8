import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** Whether an actor's repo has a record at `path`, taken down or not. */
export async function hasRecord(
  db: Database,
  { actorId, path }: { actorId: ActorId; path: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('repo')
    .innerJoin('record', 'record.store_id', 'repo.store_id')
    .select('record.path')
    .where('repo.actor_id', '=', actorId)
    .where('record.path', '=', path)
    .executeTakeFirst()
  return row !== undefined
}
