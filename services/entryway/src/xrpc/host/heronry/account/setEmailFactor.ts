import type { PasswordDeps } from '@heronry/accounts/change-with-password'
import { setEmailFactor as set } from '@heronry/accounts/own-second-factors'
import type { Auth } from '@heronry/auth/create-auth'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { secondFactorRateLimit } from '../../../../rate-limits.ts'

export const setEmailFactor = ({ auth, ...deps }: PasswordDeps & { auth: Auth }) =>
  method(account.setEmailFactor, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    rateLimit: secondFactorRateLimit,
    handler: async ({ input, req, auth: { actor } }) => {
      await set(deps, { ...input.body, actor, network: clientKey(req) })
      return undefined
    },
  })
