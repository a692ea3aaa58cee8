import { editHandleRules as edit } from '@heronry/accounts/edit-handle-rules'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { method } from '@heronry/xrpc/method'

export const editHandleRules = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.editHandleRules, {
    auth: auth.admin,
    handler: async ({ input, community }) => {
      const { add = [], remove = [] } = input.body
      return { body: { rules: await edit(db, { communityId: community.id, add, remove }) } }
    },
  })
