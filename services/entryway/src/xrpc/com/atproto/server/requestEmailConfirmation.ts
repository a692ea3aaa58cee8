import { emailPurposes } from '@heronry/accounts/email-token'
import { requestToken } from '@heronry/accounts/mail-token'
import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { requestMailRateLimits } from '../../../../rate-limits.ts'

export const requestEmailConfirmation = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.requestEmailConfirmation, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true, refuseTakendown: true }),
    rateLimit: requestMailRateLimits,
    handler: async ({ community, auth: session }) => {
      assertPermitted(session, { account: { attr: 'email', action: 'manage' } })
      const { actor } = session
      await requestToken(deps, { community, actor, purpose: emailPurposes.confirmEmail })
      return undefined
    },
  })
