import { purgeDocuments } from '@heronry/identity/did-cache'
import { handle } from '@heronry/jobs/handler'
import { purgeDidDocuments, settleIdentityChange } from './account-job-kinds.ts'
import type { CarryOutDeps } from './carry-out-change.ts'
import { purgeDidDocumentsEveryMs, retireRetryDelaysMs } from './limits.ts'
import { settleChange } from './settle-identity-change.ts'

/** The janitor of identity changes and of cached documents, for a worker of the queue `accounts`. */
export function identityHandlers(deps: CarryOutDeps & { didMaxAgeMs: number }) {
  const { db, clock, didMaxAgeMs } = deps
  return [
    handle(settleIdentityChange, ({ payload, complete }) => settleChange(deps, payload, { complete }), {
      retryDelaysMs: retireRetryDelaysMs,
    }),
    handle(
      purgeDidDocuments,
      async () => {
        await purgeDocuments(db, new Date(clock.now() - didMaxAgeMs))
      },
      { everyMs: purgeDidDocumentsEveryMs },
    ),
  ]
}
