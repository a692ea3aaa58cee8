import { disableInviteCodes as disable } from '@heronry/accounts/disable-invites'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const disableInviteCodes = (deps: AdminDeps) =>
  adminMethod(deps, admin.disableInviteCodes, {
    forModerators: true,
    handler: async ({ input, community }, trail) => {
      const { codes = [], accounts = [] } = input.body
      // How many, and not which: a code lets somebody in, and one of another community may be among them.
      trail.about({ subject: accounts.join(' '), after: { codeCount: codes.length } })
      await inTransaction(deps.db, { name: 'disable invite codes' }, async (tx) => {
        await disable(tx, { communityId: community.id, codes, accounts })
        await trail.done(tx)
      })
      return undefined
    },
  })
