import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/host/heronry/admin'
import { verifyAudit as verify } from '@heronry/operators/verify-audit'
import { method } from '@heronry/xrpc/method'

/** Not audited: it would lengthen what it verifies. */
export const verifyAudit = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.verifyAudit, {
    auth: auth.admin,
    handler: async ({ params: { after, limit }, community }) => {
      const { verified, head, fault } = await verify(db, { communityId: community.id, after, limit })
      const end = { seq: head.seq, hash: Buffer.from(head.hash).toString('hex') }
      return { body: { verified, head: end, ...(fault && { fault }) } }
    },
  })
