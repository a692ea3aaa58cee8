import type { Database } from '@heronry/db/database'
import { usedOAuthTokenRetentionMs } from './limits.ts'

/** Forgets sessions of apps that nobody can refresh any more, and refresh tokens that were used long ago. */
export async function purgeOAuthSessions(db: Database, { now }: { now: number }): Promise<void> {
  await db.deleteFrom('oauth_token').where('forget_at', '<', new Date(now)).execute()
  const usedBefore = new Date(now - usedOAuthTokenRetentionMs)
  await db.deleteFrom('oauth_used_refresh_token').where('used_at', '<', usedBefore).execute()
}
