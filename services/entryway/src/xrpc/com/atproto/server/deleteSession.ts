import { deleteSession as end } from '@heronry/accounts/delete-session'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const deleteSession = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(server.deleteSession, {
    auth: auth.logOut,
    handler: async ({ auth: { actor, sessionId } }) => {
      if (actor !== undefined) await end(db, { actorId: actor.id, sessionId })
      return undefined
    },
  })
