import { liftMailSuppression } from '@heronry/accounts/mail-suppression'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const unsuppressMail = (deps: AdminDeps) =>
  adminMethod(deps, admin.unsuppressMail, {
    handler: async ({ input: { body }, community }, trail) => {
      const { email: address, reason } = body
      trail.about({ subject: maskEmail(address), reason: reason ?? null })
      const where = { communityId: community.id, address }
      const lifted = await inTransaction(deps.db, { name: 'unsuppress mail' }, async (tx) => {
        const lifted = await liftMailSuppression(tx, where)
        await trail.done(tx, { after: { lifted } })
        return lifted
      })
      return { body: { lifted } }
    },
  })
