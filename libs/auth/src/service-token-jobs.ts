import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { defineJob } from '@heronry/jobs/define-job'
import { handle } from '@heronry/jobs/handler'
import { purgeServiceTokensEveryMs } from './limits.ts'
import { purgeServiceTokens } from './service-token-store.ts'

const purge = defineJob({ queue: 'accounts', name: 'purge-service-tokens', parse: () => ({}) })

/** Keeps the list of used service tokens short. */
export function serviceTokenHandlers(deps: { db: Database; clock: Clock }) {
  return [handle(purge, () => purgeServiceTokens(deps.db, deps), { everyMs: purgeServiceTokensEveryMs })]
}
