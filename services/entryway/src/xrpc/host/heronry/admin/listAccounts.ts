import { listAccounts as list } from '@heronry/accounts/account-summary'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { method } from '@heronry/xrpc/method'
import { accountBody } from '../../../../account-body.ts'

export const listAccounts = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.listAccounts, {
    auth: auth.admin,
    handler: async ({ params: { cursor: after, limit }, community }) => {
      const { accounts, cursor } = await list(db, { communityId: community.id, after, limit })
      return { body: { accounts: accounts.map(accountBody), ...(cursor && { cursor }) } }
    },
  })
