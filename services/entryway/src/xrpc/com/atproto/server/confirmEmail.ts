import { confirmEmail as confirm } from '@heronry/accounts/email-confirmation'
import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const confirmEmail = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.confirmEmail, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true, refuseTakendown: true }),
    handler: async ({ input, auth: session }) => {
      assertPermitted(session, { account: { attr: 'email', action: 'manage' } })
      const { actor } = session
      await confirm(deps, { actor, email: input.body.email, token: input.body.token })
      return undefined
    },
  })
