import { type AccountState, moderateAccount } from '@heronry/accounts/moderate-account'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { stateFacts, suspensionBody } from '../../../../account-facts.ts'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const liftSuspension = (deps: AdminDeps) =>
  adminMethod(deps, admin.liftSuspension, {
    handler: async ({ input: { body }, community }, trail) => {
      const { did: subject, reason } = body
      trail.about({ subject, reason })
      const did = parseDid(subject)
      const lifting = {
        communityId: community.id,
        did,
        change: { suspendedUntil: null },
        check: assertSuspended,
      }
      const { after } = await inTransaction(deps.db, { name: 'lift suspension' }, async (tx) => {
        const moderated = await moderateAccount(tx, deps, lifting)
        await trail.done(tx, { before: stateFacts(moderated.before), after: stateFacts(moderated.after) })
        return moderated
      })
      return { body: suspensionBody(did, after) }
    },
  })

function assertSuspended({ suspendedUntil }: AccountState): void {
  if (suspendedUntil === null) throw new HeronryError('InvalidRequest', 'The account is not suspended')
}
