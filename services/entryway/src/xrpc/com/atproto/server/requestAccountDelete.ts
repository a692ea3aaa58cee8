import { emailPurposes } from '@heronry/accounts/email-token'
import { requestToken } from '@heronry/accounts/mail-token'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { requestMailRateLimits } from '../../../../rate-limits.ts'

export const requestAccountDelete = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.requestAccountDelete, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    rateLimit: requestMailRateLimits,
    handler: async ({ community, auth: { actor } }) => {
      await requestToken(deps, { community, actor, purpose: emailPurposes.deleteAccount })
      return undefined
    },
  })
