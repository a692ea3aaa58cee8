import { accountStatus } from '@heronry/accounts/account-status'
import type { DidFaultDeps } from '@heronry/accounts/did-fault'
import type { Auth } from '@heronry/auth/create-auth'
import type { Database } from '@heronry/db/database'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const checkAccountStatus = ({ auth, ...deps }: DidFaultDeps & { auth: Auth; db: Database }) =>
  method(server.checkAccountStatus, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true }),
    handler: async ({ auth: { actor }, community }) => ({
      body: await accountStatus(deps, { community, actor }),
    }),
  })
