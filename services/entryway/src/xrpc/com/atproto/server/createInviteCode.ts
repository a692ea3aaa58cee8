import { createInviteCodes } from '@heronry/accounts/create-invite-codes'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const createInviteCode = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(server.createInviteCode, {
    auth: auth.admin,
    handler: async ({
      input: {
        body: { useCount, forAccount = 'admin' },
      },
      community,
    }) => {
      const request = { community, codeCount: 1, useCount, forAccounts: [forAccount] }
      const { codes } = await createInviteCodes(db, request)
      return { body: { code: codes[0]?.codes[0] ?? '' } }
    },
  })
