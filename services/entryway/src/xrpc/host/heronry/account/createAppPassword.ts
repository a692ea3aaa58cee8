import { createAppPassword as create } from '@heronry/accounts/create-app-password'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { method } from '@heronry/xrpc/method'
import { appPasswordBody } from '../../../../app-password-body.ts'

/** As com.atproto.server.createAppPassword, and narrowed to permissions. */
export const createNarrowedAppPassword = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(account.createAppPassword, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    handler: async ({ input, auth: { actor } }) => {
      const { name, privileged = false, permissions } = input.body
      const created = await create(db, { actor, name, privileged, permissions })
      return { body: { ...appPasswordBody(created), password: created.secret } }
    },
  })
