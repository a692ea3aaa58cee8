import {
  type EmailConfirmationDeps,
  requestEmailConfirmation as request,
} from '@heronry/accounts/email-confirmation'
import type { Auth } from '@heronry/auth/create-auth'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { requestMailRateLimits } from '../../../../rate-limits.ts'

export const requestEmailConfirmation = ({ auth, ...deps }: EmailConfirmationDeps & { auth: Auth }) =>
  method(server.requestEmailConfirmation, {
    auth: auth.session({ reach: 'standard', refuseTakendown: true }),
    rateLimit: requestMailRateLimits,
    handler: async ({ community, auth: { actor } }) => {
      await request(deps, { community, actor })
      return undefined
    },
  })
