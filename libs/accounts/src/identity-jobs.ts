import { handle } from '@heronry/jobs/handler'
import { settleIdentityChange } from './account-job-kinds.ts'
import type { CarryOutDeps } from './carry-out-change.ts'
import { retireRetryDelaysMs } from './limits.ts'
import { settleChange } from './settle-identity-change.ts'

/** The janitor of identity changes, for a worker of the queue `accounts`. */
export function identityHandlers(deps: CarryOutDeps) {
  return [
    handle(settleIdentityChange, ({ payload, complete }) => settleChange(deps, payload, { complete }), {
      retryDelaysMs: retireRetryDelaysMs,
    }),
  ]
}
