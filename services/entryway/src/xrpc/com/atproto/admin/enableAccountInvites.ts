import { setInvitesDisabled } from '@heronry/accounts/disable-invites'
import { parseDid } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const enableAccountInvites = (deps: AdminDeps) =>
  adminMethod(deps, admin.enableAccountInvites, {
    forModerators: true,
    handler: async ({ input: { body }, community }, trail) => {
      const { account, note } = body
      trail.about({ subject: account, ...(note && { reason: note }), after: { invitesDisabled: false } })
      const did = parseDid(account)
      await inTransaction(deps.db, { name: 'enable account invites' }, async (tx) => {
        await setInvitesDisabled(tx, { communityId: community.id, did, disabled: false })
        await trail.done(tx)
      })
      return undefined
    },
  })
