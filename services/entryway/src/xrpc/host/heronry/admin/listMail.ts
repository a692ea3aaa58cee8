import { findLoginByIdentifier } from '@heronry/accounts/find-login'
import { HeronryError } from '@heronry/core/error'
import type { CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { sendMail } from '@heronry/jobs/kinds/send-mail'
import { listJobs } from '@heronry/jobs/list-jobs'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { maskEmail } from '@heronry/operators/mask-email'
import { type AdminDeps, adminMethod } from '../../../../admin-method.ts'
import { mailBody } from '../../../../mail-body.ts'

export const listMail = (deps: AdminDeps) =>
  adminMethod(deps, admin.listMail, {
    handler: async ({ params, community }, trail) => {
      const { account, limit, cursor } = params
      trail.about({ subject: account?.includes('@') ? maskEmail(account) : account })
      const before = cursor === undefined ? undefined : idOf(cursor)
      const which =
        account === undefined
          ? ({ which: params.which === 'dead' ? 'dead' : 'open', communityId: community.id } as const)
          : ({ which: 'all', actorId: await actorIdOf(deps.db, community.id, account) } as const)
      const jobs = await listJobs(deps.db, { queue: sendMail.queue, ...which, limit, before })
      const last = jobs.length === limit ? jobs.at(-1) : undefined
      return { body: { mails: jobs.map(mailBody), ...(last && { cursor: String(last.id) }) } }
    },
  })

async function actorIdOf(db: Database, communityId: CommunityId, identifier: string) {
  const found = await findLoginByIdentifier(db, { communityId, identifier })
  if (found === undefined) throw new HeronryError('NotFound', 'Account not found')
  return found.login.actor.id
}

function idOf(cursor: string): bigint {
  if (!/^\d{1,18}$/.test(cursor)) throw new HeronryError('InvalidRequest', 'Malformed cursor')
  return BigInt(cursor)
}
