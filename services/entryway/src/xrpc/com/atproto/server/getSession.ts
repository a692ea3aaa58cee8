import { findLogin } from '@heronry/accounts/find-login'
import type { Auth } from '@heronry/auth/create-auth'
import { isPermitted } from '@heronry/auth/permissions'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { type DidDocSource, sessionBody } from '../../../../session-body.ts'

/** A taken-down account learns here that it is one. An app that may not read the address is not told it. */
export const getSession = ({ auth, db, didDocOf }: { auth: Auth; db: Database; didDocOf: DidDocSource }) =>
  method(server.getSession, {
    auth: auth.session({ reach: 'standard', acceptTakendown: true, acceptNarrowed: true }),
    handler: async ({ auth: { actor, permissions } }) => {
      const login = await findLogin(db, actor.id)
      if (login === undefined) {
        throw new HeronryError('InvalidRequest', `Could not find user info for account: ${actor.did}`)
      }
      const { email, emailConfirmed, emailAuthFactor, ...body } = await sessionBody(didDocOf, login)
      const isTold = isPermitted(permissions, { account: { attr: 'email', action: 'read' } })
      return { body: { ...body, ...(isTold && { email, emailConfirmed, emailAuthFactor }) } }
    },
  })
