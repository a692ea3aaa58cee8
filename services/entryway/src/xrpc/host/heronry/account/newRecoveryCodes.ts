import type { PasswordDeps } from '@heronry/accounts/change-with-password'
import { newRecoveryCodes as renew } from '@heronry/accounts/own-second-factors'
import type { Auth } from '@heronry/auth/create-auth'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { secondFactorRateLimit } from '../../../../rate-limits.ts'

export const newRecoveryCodes = ({ auth, ...deps }: PasswordDeps & { auth: Auth }) =>
  method(account.newRecoveryCodes, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    rateLimit: secondFactorRateLimit,
    handler: async ({ input, req, auth: { actor } }) => {
      const codes = await renew(deps, { actor, password: input.body.password, network: clientKey(req) })
      return { body: { codes } }
    },
  })
