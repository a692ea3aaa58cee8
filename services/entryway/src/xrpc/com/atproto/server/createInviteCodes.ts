import { createInviteCodes as create } from '@heronry/accounts/create-invite-codes'
import { inTransaction } from '@heronry/db/in-transaction'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const createInviteCodes = (deps: AdminDeps) =>
  adminMethod(deps, server.createInviteCodes, {
    handler: async ({ input: { body }, community }, trail) => {
      const { codeCount, useCount, forAccounts = ['admin'] } = body
      trail.about({ subject: forAccounts.join(' '), after: { codeCount, useCount } })
      const order = { community, codeCount, useCount, forAccounts }
      const made = await inTransaction(deps.db, { name: 'create invite codes' }, async (tx) => {
        const codes = await create(tx, order)
        await trail.done(tx)
        return codes
      })
      return { body: made }
    },
  })
