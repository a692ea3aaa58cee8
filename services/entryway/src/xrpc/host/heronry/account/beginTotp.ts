import type { PasswordDeps } from '@heronry/accounts/change-with-password'
import { beginTotp as begin } from '@heronry/accounts/own-second-factors'
import type { Auth } from '@heronry/auth/create-auth'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import type { Vault } from '@heronry/vault/vault'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { secondFactorRateLimit } from '../../../../rate-limits.ts'

export const beginTotp = ({ auth, ...deps }: PasswordDeps & { auth: Auth; vault: Vault }) =>
  method(account.beginTotp, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    rateLimit: secondFactorRateLimit,
    handler: async ({ input, community, req, auth: { actor } }) => {
      const issuer = community.settings.name
      const { password } = input.body
      return { body: await begin(deps, { actor, password, network: clientKey(req), issuer }) }
    },
  })
