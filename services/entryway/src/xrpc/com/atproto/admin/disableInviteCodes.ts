import { disableInviteCodes as disable } from '@heronry/accounts/disable-invites'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { method } from '@heronry/xrpc/method'

export const disableInviteCodes = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.disableInviteCodes, {
    auth: auth.admin,
    handler: async ({ input, community }) => {
      const { codes = [], accounts = [] } = input.body
      await disable(db, { communityId: community.id, codes, accounts })
      return undefined
    },
  })
