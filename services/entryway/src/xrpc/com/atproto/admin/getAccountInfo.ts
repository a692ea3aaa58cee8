import { findAccountView } from '@heronry/accounts/account-view'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const getAccountInfo = (deps: AdminDeps) =>
  adminMethod(deps, admin.getAccountInfo, {
    forModerators: true,
    handler: async ({ params, community }, trail) => {
      trail.about({ subject: params.did })
      const view = await findAccountView(deps.db, { communityId: community.id, did: parseDid(params.did) })
      if (view === undefined) throw new HeronryError('NotFound', 'Account not found')
      return { body: view }
    },
  })
