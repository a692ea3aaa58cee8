import { createInviteCodes } from '@heronry/accounts/create-invite-codes'
import { assertEmailAddress } from '@heronry/accounts/email-address'
import { enqueueMail } from '@heronry/accounts/enqueue-mail'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const sendInvite = (deps: AdminDeps) =>
  adminMethod(deps, admin.sendInvite, {
    handler: async ({ input: { body }, community }, trail) => {
      const { to, reason } = body
      trail.about({ subject: maskEmail(to), reason: reason ?? null })
      assertEmailAddress(to)
      const order = { community, codeCount: 1, useCount: 1, forAccounts: ['admin'] }
      const code = await inTransaction(deps.db, { name: 'send invite' }, async (tx) => {
        const { codes } = await createInviteCodes(tx, order)
        const code = codes[0]?.codes[0] ?? ''
        const mail = { template: 'invite', values: { code, url: community.publicUrl } } as const
        await enqueueMail(tx, { communityId: community.id, to, at: new Date(deps.clock.now()), mail })
        await trail.done(tx)
        return code
      })
      return { body: { code } }
    },
  })
