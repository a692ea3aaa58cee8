import { setInvitesDisabled } from '@heronry/accounts/disable-invites'
import type { Auth } from '@heronry/auth/create-auth'
import { parseDid } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { method } from '@heronry/xrpc/method'

export const enableAccountInvites = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.enableAccountInvites, {
    auth: auth.admin,
    handler: async ({ input, community }) => {
      const did = parseDid(input.body.account)
      await setInvitesDisabled(db, { communityId: community.id, did, disabled: false })
      return undefined
    },
  })
