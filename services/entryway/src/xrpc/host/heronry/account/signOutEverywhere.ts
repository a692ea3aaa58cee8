import { revokeSessions } from '@heronry/accounts/revoke-sessions'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { method } from '@heronry/xrpc/method'

export const signOutEverywhere = ({ auth, db, clock }: { auth: Auth; db: Database; clock: Clock }) =>
  method(account.signOutEverywhere, {
    auth: auth.session({ reach: 'full' }),
    handler: async ({ auth: { actor } }) => {
      const now = new Date(clock.now())
      await inTransaction(db, { name: 'sign out everywhere' }, (tx) => revokeSessions(tx, actor.id, now))
      return undefined
    },
  })
