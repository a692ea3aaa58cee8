import { setInvitesDisabled } from '@heronry/accounts/disable-invites'
import { parseDid } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const disableAccountInvites = (deps: AdminDeps) =>
  adminMethod(deps, admin.disableAccountInvites, {
    forModerators: true,
    handler: async ({ input: { body }, community }, trail) => {
      const { account, note } = body
      trail.about({ subject: account, ...(note && { reason: note }), after: { invitesDisabled: true } })
      const did = parseDid(account)
      await inTransaction(deps.db, { name: 'disable account invites' }, async (tx) => {
        await setInvitesDisabled(tx, { communityId: community.id, did, disabled: true })
        await trail.done(tx)
      })
      return undefined
    },
  })
