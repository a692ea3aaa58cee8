import type { Passwords } from '@heronry/accounts/passwords'
import { resetPassword as reset } from '@heronry/accounts/reset-password'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { resetPasswordRateLimit } from '../../../../rate-limits.ts'

export const resetPassword = (deps: { db: Database; clock: Clock; passwords: Passwords }) =>
  method(server.resetPassword, {
    rateLimit: resetPasswordRateLimit,
    handler: async ({ input, community, req }) => {
      const { token, password } = input.body
      await reset(deps, { communityId: community.id, token, password, network: clientKey(req) })
      return undefined
    },
  })
