import { findAccount } from '@heronry/accounts/account-summary'
import type { Auth } from '@heronry/auth/create-auth'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { method } from '@heronry/xrpc/method'
import { accountBody } from '../../../../account-body.ts'

export const getAccount = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.getAccount, {
    auth: auth.admin,
    handler: async ({ params, community }) => {
      const account = await findAccount(db, { communityId: community.id, name: params.account })
      if (account === undefined) throw new HeronryError('NotFound', 'Account not found')
      return { body: accountBody(account) }
    },
  })
