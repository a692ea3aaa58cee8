import { findAccount } from '@heronry/accounts/account-summary'
import { HeronryError } from '@heronry/core/error'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { accountBody } from '../../../../account-body.ts'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const getAccount = (deps: AdminDeps) =>
  adminMethod(deps, admin.getAccount, {
    handler: async ({ params, community }, trail) => {
      trail.about({ subject: params.account.includes('@') ? maskEmail(params.account) : params.account })
      const account = await findAccount(deps.db, { communityId: community.id, name: params.account })
      if (account === undefined) throw new HeronryError('NotFound', 'Account not found')
      return { body: accountBody(account) }
    },
  })
