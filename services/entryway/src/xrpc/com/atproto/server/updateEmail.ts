import { updateEmail as update } from '@heronry/accounts/email-update'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { emailIsChangedElsewhere } from '../../../../oauth-refusals.ts'
import { memberMailRateLimits } from '../../../../rate-limits.ts'

export const updateEmail = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.updateEmail, {
    auth: auth.session({ reach: 'full', refuseTakendown: true, oauthRefusal: emailIsChangedElsewhere }),
    rateLimit: memberMailRateLimits,
    handler: async ({ input, community, auth: { actor } }) => {
      const { email, token, emailAuthFactor } = input.body
      await update(deps, { community, actor, email, token, emailAuthFactor })
      return undefined
    },
  })
