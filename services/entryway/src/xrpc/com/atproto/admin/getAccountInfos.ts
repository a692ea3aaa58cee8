import { findAccountViews } from '@heronry/accounts/account-view'
import { accountInfosMax } from '@heronry/accounts/limits'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const getAccountInfos = (deps: AdminDeps) =>
  adminMethod(deps, admin.getAccountInfos, {
    forModerators: true,
    handler: async ({ params, community }, trail) => {
      const dids = params.dids.map(parseDid)
      trail.about({ subject: dids.join(' ') })
      if (dids.length > accountInfosMax) {
        throw new HeronryError(
          'InvalidRequest',
          `At most ${accountInfosMax} accounts can be asked for at once`,
        )
      }
      return { body: { infos: await findAccountViews(deps.db, { communityId: community.id, dids }) } }
    },
  })
