import { type SignPlcOperationDeps, signPlcOperation as sign } from '@heronry/accounts/sign-plc-operation'
import type { Auth } from '@heronry/auth/create-auth'
import { assertPermitted } from '@heronry/auth/permissions'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

/** Also for a taken-down account, which may leave. */
export const signPlcOperation = ({ auth, ...deps }: SignPlcOperationDeps & { auth: Auth }) =>
  method(identity.signPlcOperation, {
    auth: auth.session({ reach: 'full', acceptTakendown: true, acceptNarrowed: true }),
    handler: async ({ input, auth: session }) => {
      assertPermitted(session, { identity: { attr: '*' } })
      const { actor } = session
      const { token, ...change } = input.body
      return { body: { operation: await sign(deps, { actor, token, change }) } }
    },
  })
