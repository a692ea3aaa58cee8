import { listInviteCodes } from '@heronry/accounts/list-invite-codes'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { method } from '@heronry/xrpc/method'

export const getInviteCodes = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.getInviteCodes, {
    auth: auth.admin,
    handler: async ({ params, community }) => {
      const { sort = 'recent', limit = 100, cursor: after } = params
      const { codes, cursor } = await listInviteCodes(db, { communityId: community.id, sort, limit, after })
      return { body: { ...(cursor !== undefined && { cursor }), codes } }
    },
  })
