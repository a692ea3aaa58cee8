import { listAccounts as list } from '@heronry/accounts/account-summary'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { accountBody } from '../../../../account-body.ts'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const listAccounts = (deps: AdminDeps) =>
  adminMethod(deps, admin.listAccounts, {
    handler: async ({ params: { cursor: after, limit }, community }) => {
      const { accounts, cursor } = await list(deps.db, { communityId: community.id, after, limit })
      return { body: { accounts: accounts.map(accountBody), ...(cursor && { cursor }) } }
    },
  })
