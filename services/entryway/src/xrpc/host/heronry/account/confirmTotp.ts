import { confirmTotp as confirm } from '@heronry/accounts/confirm-totp'
import type { Auth } from '@heronry/auth/create-auth'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as account from '@heronry/lexicons/generated/host/heronry/account'
import type { Vault } from '@heronry/vault/vault'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { secondFactorRateLimit } from '../../../../rate-limits.ts'

export const confirmTotp = ({ auth, ...deps }: { auth: Auth; db: Database; vault: Vault; clock: Clock }) =>
  method(account.confirmTotp, {
    auth: auth.session({ reach: 'full', refuseTakendown: true }),
    rateLimit: secondFactorRateLimit,
    handler: async ({ input, req, auth: { actor } }) => {
      const codes = await confirm(deps, { actor, code: input.body.code, network: clientKey(req) })
      return { body: { codes } }
    },
  })
