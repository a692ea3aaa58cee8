import { updateAccountEmail as update } from '@heronry/accounts/update-account-email'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const updateAccountEmail = (deps: AdminDeps) =>
  adminMethod(deps, admin.updateAccountEmail, {
    handler: async ({ input: { body }, community }, trail) => {
      const { account, email } = body
      trail.about({ subject: account, after: { email: maskEmail(email) } })
      await inTransaction(deps.db, { name: 'update account e-mail' }, async (tx) => {
        const { did, before } = await update(tx, deps, { communityId: community.id, account, email })
        await trail.done(tx, { subject: did, before: { email: maskEmail(before) } })
      })
      return undefined
    },
  })
