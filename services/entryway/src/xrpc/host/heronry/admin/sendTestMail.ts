import { assertEmailAddress } from '@heronry/accounts/email-address'
import { enqueueMail } from '@heronry/accounts/enqueue-mail'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const sendTestMail = (deps: AdminDeps) =>
  adminMethod(deps, admin.sendTestMail, {
    handler: async ({ input: { body }, community }, trail) => {
      const { to, reason } = body
      trail.about({ subject: maskEmail(to), reason: reason ?? null })
      assertEmailAddress(to)
      const at = new Date(deps.clock.now())
      const mail = { template: 'test', values: {} } as const
      const id = await inTransaction(deps.db, { name: 'send test mail' }, async (tx) => {
        const id = await enqueueMail(tx, { communityId: community.id, to, at, mail })
        await trail.done(tx)
        return id
      })
      return { body: { id: String(id) } }
    },
  })
