import { toDatetimeString } from '@atproto/syntax'
import { findLogin } from '@heronry/accounts/find-login'
import { findMailSuppression } from '@heronry/accounts/mail-suppression'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { listJobs } from '@heronry/jobs/list-jobs'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { method } from '@heronry/xrpc/method'
import { mailStatesShown } from '../../../../limits.ts'
import { mailStateBody } from '../../../../mail-body.ts'

/** Whether the code that somebody waits for is on its way: without it, who waits can only ask again. */
export const getMailState = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(account.getMailState, {
    auth: auth.session({ reach: 'full', acceptTakendown: true }),
    handler: async ({ auth: { actor } }) => {
      const filter = {
        queue: sendMail.queue,
        which: 'all',
        actorId: actor.id,
        limit: mailStatesShown,
      } as const
      const jobs = await listJobs(db, filter)
      const login = await findLogin(db, actor.id)
      const { communityId } = actor
      const suppressed = login && (await findMailSuppression(db, { communityId, address: login.email }))
      return {
        body: {
          mails: jobs.map(mailStateBody),
          ...(suppressed && { suppressedAt: toDatetimeString(suppressed.at) }),
        },
      }
    },
  })
