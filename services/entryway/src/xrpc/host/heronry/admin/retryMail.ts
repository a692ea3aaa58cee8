import { HeronryError } from '@heronry/core/error'
import { inTransaction } from '@heronry/db/in-transaction'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { retryJobs } from '@heronry/jobs/retry-jobs'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { retriedMailsMax } from '../../../../limits.ts'

export const retryMail = (deps: AdminDeps) =>
  adminMethod(deps, admin.retryMail, {
    handler: async ({ input: { body }, community }, trail) => {
      trail.about({ reason: body.reason ?? null, subject: body.ids?.join(' ').slice(0, 200) ?? 'all' })
      const ids = body.ids?.map(idOf)
      const retry = { queue: sendMail.queue, communityId: community.id, ids, max: retriedMailsMax }
      const retried = await inTransaction(deps.db, { name: 'retry mail' }, async (tx) => {
        const count = ids?.length === 0 ? 0 : await retryJobs(tx, retry)
        await trail.done(tx, { after: { retried: count } })
        return count
      })
      return { body: { retried } }
    },
  })

function idOf(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new HeronryError('InvalidRequest', 'A mail is named by its number')
  return BigInt(text)
}
