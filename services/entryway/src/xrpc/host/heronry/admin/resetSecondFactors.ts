import { resetSecondFactors as reset } from '@heronry/accounts/reset-second-factors'
import { parseDid } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const resetSecondFactors = (deps: AdminDeps) =>
  adminMethod(deps, admin.resetSecondFactors, {
    handler: async ({ input: { body }, community }, trail) => {
      const { did: subject, reason } = body
      trail.about({ subject, reason })
      const did = parseDid(subject)
      const before = await inTransaction(deps.db, { name: 'reset second factors' }, async (tx) => {
        const now = new Date(deps.clock.now())
        const before = await reset(tx, { communityId: community.id, did, now })
        const after = { email: false, totp: false, recoveryCodesLeft: 0 }
        await trail.done(tx, { before: { ...before }, after })
        return before
      })
      return { body: before }
    },
  })
