import { inTransaction } from '@heronry/db/in-transaction'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { moderateSubject } from '../../../../moderate-subject.ts'
import { subjectName, subjectOf } from '../../../../subject.ts'

export const updateSubjectStatus = (deps: AdminDeps) =>
  adminMethod(deps, admin.updateSubjectStatus, {
    forModerators: true,
    handler: async ({ input: { body }, community }, trail) => {
      const { takedown, deactivated } = body
      const subject = subjectOf(body.subject)
      trail.about({ subject: subjectName(subject), ...(takedown?.ref && { reason: takedown.ref }) })
      await inTransaction(deps.db, { name: 'update subject status' }, async (tx) => {
        const moderation = { communityId: community.id, subject, takedown, deactivated }
        await trail.done(tx, await moderateSubject(tx, deps, moderation))
      })
      return { body: { subject: body.subject, ...(takedown && { takedown }) } }
    },
  })
