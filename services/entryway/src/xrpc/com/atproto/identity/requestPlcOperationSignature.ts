import { emailPurposes } from '@heronry/accounts/email-token'
import { requestToken } from '@heronry/accounts/mail-token'
import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import type { Clock } from '@heronry/core/clock'
import type { Database } from '@heronry/db/database'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { memberMailRateLimits } from '../../../../rate-limits.ts'

/** For whoever leaves, too: an account that is taken down may take its identity elsewhere. */
export const requestPlcOperationSignature = ({ auth, ...deps }: { auth: Auth; db: Database; clock: Clock }) =>
  method(identity.requestPlcOperationSignature, {
    auth: auth.session({ reach: 'full', acceptTakendown: true, acceptNarrowed: true }),
    rateLimit: memberMailRateLimits,
    handler: async ({ community, req, auth: session }) => {
      assertPermitted(session, { identity: { attr: '*' } })
      const { actor } = session
      const device = { network: clientKey(req), userAgent: req.headers['user-agent'] }
      await requestToken(deps, { community, actor, purpose: emailPurposes.plcOperation, device })
      return undefined
    },
  })
