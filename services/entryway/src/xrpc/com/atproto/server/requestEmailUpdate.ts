import { requestEmailUpdate as request } from '@heronry/accounts/email-update'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { emailIsChangedElsewhere } from '../../../../oauth-refusals.ts'
import { requestMailRateLimits } from '../../../../rate-limits.ts'

export const requestEmailUpdate = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.requestEmailUpdate, {
    auth: auth.session({ reach: 'full', refuseTakendown: true, oauthRefusal: emailIsChangedElsewhere }),
    rateLimit: requestMailRateLimits,
    handler: async ({ community, auth: { actor } }) => ({ body: await request(deps, { community, actor }) }),
  })
