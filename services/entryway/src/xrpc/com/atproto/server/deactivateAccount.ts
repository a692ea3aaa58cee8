import { deactivateAccount as deactivate } from '@heronry/accounts/deactivate-account'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

/** A taken-down account may leave. */
export const deactivateAccount = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.deactivateAccount, {
    auth: auth.session({ reach: 'full', acceptTakendown: true }),
    handler: async ({ input, auth: { actor } }) => {
      const { deleteAfter } = input.body
      await deactivate(deps, {
        actorId: actor.id,
        deleteAfter: deleteAfter === undefined ? null : new Date(deleteAfter),
      })
      return undefined
    },
  })
