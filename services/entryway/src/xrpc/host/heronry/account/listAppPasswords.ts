import { listAppPasswords } from '@heronry/accounts/app-password-store'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { method } from '@heronry/xrpc/method'
import { appPasswordBody } from '../../../../app-password-body.ts'

/** As com.atproto.server.listAppPasswords, with what each is narrowed to. */
export const listNarrowedAppPasswords = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(account.listAppPasswords, {
    auth: auth.session({ reach: 'standard' }),
    handler: async ({ auth: { actor } }) => {
      const found = await listAppPasswords(db, actor.id)
      return { body: { passwords: found.map(appPasswordBody) } }
    },
  })
