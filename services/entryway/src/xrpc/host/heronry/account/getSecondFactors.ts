import { findSecondFactors } from '@heronry/accounts/own-second-factors'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { method } from '@heronry/xrpc/method'

export const getSecondFactors = ({ auth, db }: { auth: Auth; db: Database }) =>
  method(account.getSecondFactors, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    handler: async ({ auth: { actor } }) => ({ body: await findSecondFactors(db, actor.id) }),
  })
