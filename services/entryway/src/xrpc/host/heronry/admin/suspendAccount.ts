import { suspensionMsMax } from '@heronry/accounts/limits'
import { moderateAccount } from '@heronry/accounts/moderate-account'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { stateFacts, suspensionBody } from '../../../../account-facts.ts'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const suspendAccount = (deps: AdminDeps) =>
  adminMethod(deps, admin.suspendAccount, {
    handler: async ({ input: { body }, community }, trail) => {
      const { did: subject, reason } = body
      trail.about({ subject, reason })
      const did = parseDid(subject)
      const suspendedUntil = new Date(body.until)
      const ahead = suspendedUntil.getTime() - deps.clock.now()
      if (!(ahead > 0 && ahead <= suspensionMsMax)) {
        throw new HeronryError('InvalidRequest', 'A suspension ends in the future, at most ten years ahead')
      }
      const change = { suspendedUntil }
      const { after } = await inTransaction(deps.db, { name: 'suspend account' }, async (tx) => {
        const moderated = await moderateAccount(tx, deps, { communityId: community.id, did, change })
        await trail.done(tx, { before: stateFacts(moderated.before), after: stateFacts(moderated.after) })
        return moderated
      })
      return { body: suspensionBody(did, after) }
    },
  })
