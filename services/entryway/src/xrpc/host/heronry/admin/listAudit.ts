import type { Auth } from '@heronry/auth/create-auth'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { listAudit as list } from '@heronry/operators/list-audit'
import { method } from '@heronry/xrpc/method'
import { auditBody } from '../../../../audit-body.ts'

/** Not audited: it tells nothing of a member but what the log does. */
export const listAudit = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.listAudit, {
    auth: auth.admin,
    handler: async ({ params, community }) => {
      const { limit, cursor, subject, method, order } = params
      const after = cursor === undefined ? undefined : seqOf(cursor)
      const rows = await list(db, { communityId: community.id, limit, order, after, subject, method })
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { body: { entries: rows.map(auditBody), ...(last && { cursor: String(last.seq) }) } }
    },
  })

function seqOf(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new HeronryError('InvalidRequest', 'Malformed cursor')
  return Number(cursor)
}
