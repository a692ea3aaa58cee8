import { listHandleRules as list } from '@heronry/accounts/handle-rule-store'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const listHandleRules = (deps: AdminDeps) =>
  adminMethod(deps, admin.listHandleRules, {
    handler: async ({ community }) => ({ body: { rules: await list(deps.db, community.id) } }),
  })
