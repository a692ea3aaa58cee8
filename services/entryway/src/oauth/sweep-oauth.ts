import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { defineJob } from '@heronry/jobs/define-job'
import { handle } from '@heronry/jobs/handler'
import { deviceTtlMs, lexiconTtlMs, oauthRequestReadableMs, sweepOAuthEveryMs } from '../limits.ts'

const sweep = defineJob({ queue: 'accounts', name: 'sweep-oauth', parse: () => ({}) })

/** Forgets requests that have run out, devices that stay away, and permission sets that nobody asks for. */
export function sweepOAuthHandlers({ db, clock }: { db: Database; clock: Clock }) {
  return [handle(sweep, () => sweepOAuth(db, clock), { everyMs: sweepOAuthEveryMs })]
}

export async function sweepOAuth(db: Database, clock: Clock): Promise<void> {
  const before = (ttlMs: number) => new Date(clock.now() - ttlMs)
  await db.deleteFrom('oauth_request').where('expires_at', '<', before(oauthRequestReadableMs)).execute()
  await db.deleteFrom('oauth_device').where('last_seen_at', '<', before(deviceTtlMs)).execute()
  await db.deleteFrom('oauth_lexicon').where('updated_at', '<', before(lexiconTtlMs)).execute()
}
