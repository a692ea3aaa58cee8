import { confirmEmail as confirm } from '@heronry/accounts/email-confirmation'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const confirmEmail = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.confirmEmail, {
    auth: auth.session({ reach: 'standard', refuseTakendown: true }),
    handler: async ({ input, auth: { actor } }) => {
      await confirm(deps, { actor, email: input.body.email, token: input.body.token })
      return undefined
    },
  })
