import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { defineJob } from '@heronry/jobs/define-job'
import { handle } from '@heronry/jobs/handler'
import { sql } from 'kysely'
import { purgeReplaysEveryMs } from './limits.ts'

/** False: it was used before, and may not be yet again. Of any number that try one, one does. */
export async function useReplay(
  db: Database,
  { digest, expiresAt }: { digest: Uint8Array; expiresAt: Date },
): Promise<boolean> {
  const { rows } = await sql`
    INSERT INTO oauth_replay (digest, expires_at) VALUES (${digest}, ${expiresAt})
    ON CONFLICT (digest) DO UPDATE SET expires_at = excluded.expires_at WHERE oauth_replay.expires_at <= now()
    RETURNING 1`.execute(db)
  return rows.length === 1
}

const purge = defineJob({ queue: 'accounts', name: 'purge-replays', parse: () => ({}) })

/** Forgets what may be shown again. */
export function replayHandlers({ db, clock }: { db: Database; clock: Clock }) {
  return [
    handle(
      purge,
      async () => {
        await db.deleteFrom('oauth_replay').where('expires_at', '<', new Date(clock.now())).execute()
      },
      { everyMs: purgeReplaysEveryMs },
    ),
  ]
}
