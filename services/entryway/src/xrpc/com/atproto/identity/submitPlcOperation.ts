import type { CarryOutDeps } from '@heronry/accounts/carry-out-change'
import type { DidCredentialsDeps } from '@heronry/accounts/did-credentials'
import { submitPlcOperation as submit } from '@heronry/accounts/submit-plc-operation'
import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

export const submitPlcOperation = ({ auth, ...deps }: CarryOutDeps & DidCredentialsDeps & { auth: Auth }) =>
  method(identity.submitPlcOperation, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true }),
    handler: async ({ input, community, auth: session }) => {
      assertPermitted(session, { identity: { attr: '*' } })
      const { actor } = session
      await submit(deps, { community, actor, operation: input.body.operation })
      return undefined
    },
  })
