import { mailMember } from '@heronry/accounts/mail-member'
import type { Auth } from '@heronry/auth/create-auth'
import { parseDid } from '@heronry/core/did'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { method } from '@heronry/xrpc/method'

export const sendEmail = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.sendEmail, {
    auth: auth.admin,
    handler: async ({ input, community }) => {
      const { recipientDid, content, subject } = input.body
      await mailMember(db, { community, did: parseDid(recipientDid), subject, html: content })
      return { body: { sent: true } }
    },
  })
