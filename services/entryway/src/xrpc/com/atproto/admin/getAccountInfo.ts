import { findAccountView } from '@heronry/accounts/account-view'
import type { Auth } from '@heronry/auth/create-auth'
import { parseDid } from '@heronry/core/did'
import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import * as admin from '@heronry/lexicons/generated/com/atproto/admin'
import { method } from '@heronry/xrpc/method'

export const getAccountInfo = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(admin.getAccountInfo, {
    auth: auth.admin,
    handler: async ({ params, community }) => {
      const view = await findAccountView(db, { communityId: community.id, did: parseDid(params.did) })
      if (view === undefined) throw new HeronryError('NotFound', 'Account not found')
      return { body: view }
    },
  })
