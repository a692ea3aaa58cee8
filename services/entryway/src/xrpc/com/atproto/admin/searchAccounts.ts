import { searchAccounts as search } from '@heronry/accounts/search-accounts'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const searchAccounts = (deps: AdminDeps) =>
  adminMethod(deps, admin.searchAccounts, {
    handler: async ({ params, community }, trail) => {
      if (params.email !== undefined) trail.about({ subject: maskEmail(params.email) })
      const { accounts, cursor } = await search(deps.db, { ...params, communityId: community.id })
      return { body: { accounts, ...(cursor && { cursor }) } }
    },
  })
