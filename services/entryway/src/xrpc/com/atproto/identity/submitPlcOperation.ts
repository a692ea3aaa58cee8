import type { CarryOutDeps } from '@heronry/accounts/carry-out-change'
import type { DidCredentialsDeps } from '@heronry/accounts/did-credentials'
import { submitPlcOperation as submit } from '@heronry/accounts/submit-plc-operation'
import type { Auth } from '@heronry/auth/create-auth'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

export const submitPlcOperation = ({ auth, ...deps }: CarryOutDeps & DidCredentialsDeps & { auth: Auth }) =>
  method(identity.submitPlcOperation, {
    auth: auth.session({ reach: 'standard' }),
    handler: async ({ input, community, auth: { actor } }) => {
      await submit(deps, { community, actor, operation: input.body.operation })
      return undefined
    },
  })
