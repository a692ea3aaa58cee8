import { listInviteCodes } from '@heronry/accounts/list-invite-codes'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const getInviteCodes = (deps: AdminDeps) =>
  adminMethod(deps, admin.getInviteCodes, {
    forModerators: true,
    handler: async ({ params, community }) => {
      const { sort = 'recent', limit = 100, cursor: after } = params
      const page = { communityId: community.id, sort, limit, after }
      const { codes, cursor } = await listInviteCodes(deps.db, page)
      return { body: { ...(cursor !== undefined && { cursor }), codes } }
    },
  })
