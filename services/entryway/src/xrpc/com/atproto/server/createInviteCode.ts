import { createInviteCodes } from '@heronry/accounts/create-invite-codes'
import { inTransaction } from '@heronry/db/in-transaction'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const createInviteCode = (deps: AdminDeps) =>
  adminMethod(deps, server.createInviteCode, {
    handler: async ({ input: { body }, community }, trail) => {
      const { useCount, forAccount = 'admin' } = body
      trail.about({ subject: forAccount, after: { codeCount: 1, useCount } })
      const order = { community, codeCount: 1, useCount, forAccounts: [forAccount] }
      const { codes } = await inTransaction(deps.db, { name: 'create invite code' }, async (tx) => {
        const made = await createInviteCodes(tx, order)
        await trail.done(tx)
        return made
      })
      return { body: { code: codes[0]?.codes[0] ?? '' } }
    },
  })
