import type { PasswordDeps } from '@heronry/accounts/change-with-password'
import { disableTotp as disable } from '@heronry/accounts/own-second-factors'
import type { Auth } from '@heronry/auth/create-auth'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { secondFactorRateLimit } from '../../../../rate-limits.ts'

export const disableTotp = ({ auth, ...deps }: PasswordDeps & { auth: Auth }) =>
  method(account.disableTotp, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    rateLimit: secondFactorRateLimit,
    handler: async ({ input, req, auth: { actor } }) => {
      await disable(deps, { actor, password: input.body.password, network: clientKey(req) })
      return undefined
    },
  })
