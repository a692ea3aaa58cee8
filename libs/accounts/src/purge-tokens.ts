import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { expiredTokenRetentionMs, factorFailureTtlMs, knownDeviceTtlMs } from './limits.ts'
import { purgeOAuthSessions } from './purge-oauth-sessions.ts'

/**
 * Deletes mailed tokens that have been of no use for a day (until then their holder is told that they have expired), old guesses at tokens and at second factors, devices that were
 * not seen for long, and what apps were let in for that nobody can refresh any more.
 */
export async function purgeTokens({ db, clock }: { db: Database; clock: Clock }): Promise<void> {
  const now = clock.now()
  await db
    .deleteFrom('email_token')
    .where('expires_at', '<', new Date(now - expiredTokenRetentionMs))
    .execute()
  await db.deleteFrom('token_guess').where('until', '<', new Date(now)).execute()
  await db
    .deleteFrom('factor_attempt')
    .where('failed_at', '<', new Date(now - factorFailureTtlMs))
    .execute()
  await purgeOAuthSessions(db, { now })
  await db
    .deleteFrom('known_device')
    .where('seen_at', '<=', new Date(now - knownDeviceTtlMs))
    .execute()
}
