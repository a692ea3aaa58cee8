import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'

/** Ends a session: its refresh token counts no more. Ending it again does nothing. */
export async function deleteSession(
  db: Database,
  { actorId, sessionId }: { actorId: ActorId; sessionId: string },
): Promise<void> {
  await db.deleteFrom('session').where('id', '=', sessionId).where('actor_id', '=', actorId).execute()
}
