import { listHandleRules as list } from '@heronry/accounts/handle-rule-store'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { method } from '@heronry/xrpc/method'

export const listHandleRules = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.listHandleRules, {
    auth: auth.admin,
    handler: async ({ community }) => ({ body: { rules: await list(db, community.id) } }),
  })
