import { revokeAppPassword as revoke } from '@heronry/accounts/revoke-app-password'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

/** Any app may take app passwords away, its own too: whoever has one can at worst sign the others out. */
export const revokeAppPassword = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(server.revokeAppPassword, {
    auth: auth.session({ reach: 'standard' }),
    handler: async ({ input, auth: { actor } }) => {
      await revoke(db, { actorId: actor.id, name: input.body.name })
      return undefined
    },
  })
