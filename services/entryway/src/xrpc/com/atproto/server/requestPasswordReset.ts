import { requestPasswordReset as request } from '@heronry/accounts/request-password-reset'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { requestPasswordResetRateLimits } from '../../../../rate-limits.ts'

export const requestPasswordReset = (deps: { db: Database }) =>
  method(server.requestPasswordReset, {
    rateLimit: requestPasswordResetRateLimits,
    handler: async ({ input, community }) => {
      await request(deps, { communityId: community.id, email: input.body.email })
      return undefined
    },
  })
