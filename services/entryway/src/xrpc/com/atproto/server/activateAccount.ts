import {
  type ActivateDeps,
  activateAccount as activate,
  userNotFound,
} from '@heronry/accounts/activate-account'
import type { Auth } from '@heronry/auth/create-auth'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const activateAccount = ({ auth, ...deps }: ActivateDeps & { auth: Auth }) =>
  method(server.activateAccount, {
    auth: auth.session({ reach: 'full', ifGone: userNotFound }),
    handler: async ({ auth: { actor }, community }) => {
      await activate(deps, { community, actor })
      return undefined
    },
  })
