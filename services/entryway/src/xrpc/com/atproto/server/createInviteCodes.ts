import { createInviteCodes as create } from '@heronry/accounts/create-invite-codes'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const createInviteCodes = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(server.createInviteCodes, {
    auth: auth.admin,
    handler: async ({
      input: {
        body: { codeCount, useCount, forAccounts = ['admin'] },
      },
      community,
    }) => ({
      body: await create(db, { community, codeCount, useCount, forAccounts }),
    }),
  })
