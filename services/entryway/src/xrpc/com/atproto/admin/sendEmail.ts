import { mailMember } from '@heronry/accounts/mail-member'
import { parseDid } from '@heronry/core/did'
import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'

export const sendEmail = (deps: AdminDeps) =>
  adminMethod(deps, admin.sendEmail, {
    forModerators: true,
    handler: async ({ input: { body }, community }, trail) => {
      const { recipientDid, content, subject, comment } = body
      trail.about({ subject: recipientDid, ...(comment && { reason: comment }) })
      const did = parseDid(recipientDid)
      await inTransaction(deps.db, { name: 'mail member' }, async (tx) => {
        await mailMember(tx, deps, { communityId: community.id, did, subject, html: content })
        await trail.done(tx)
      })
      return { body: { sent: true } }
    },
  })
