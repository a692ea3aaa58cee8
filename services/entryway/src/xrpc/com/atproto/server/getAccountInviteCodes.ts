import { accountInviteCodes } from '@heronry/accounts/account-invite-codes'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const getAccountInviteCodes = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(server.getAccountInviteCodes, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    handler: async ({ params, community, auth: { actor } }) => {
      const { includeUsed = true, createAvailable = true } = params
      const codes = await accountInviteCodes(deps, { community, actor, includeUsed, createAvailable })
      return { body: { codes } }
    },
  })
