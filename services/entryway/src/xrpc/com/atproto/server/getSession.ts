import { findLogin } from '@heronry/accounts/find-login'
import type { Auth } from '@heronry/auth/create-auth'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { type DidDocSource, sessionBody } from '../../../../session-body.ts'

/** A taken-down account learns here that it is one. */
export const getSession = ({ auth, db, didDocOf }: { auth: Auth; db: Database; didDocOf: DidDocSource }) =>
  method(server.getSession, {
    auth: auth.session({ reach: 'standard', acceptTakendown: true, acceptNarrowed: true }),
    handler: async ({ auth: { actor, permissions } }) => {
      const login = await findLogin(db, actor.id)
      if (login === undefined) {
        throw new HeronryError('InvalidRequest', `Could not find user info for account: ${actor.did}`)
      }
      return { body: await sessionBody(didDocOf, { login, permissions }) }
    },
  })
