import { type DidCredentialsDeps, didCredentials } from '@heronry/accounts/did-credentials'
import type { Auth } from '@heronry/auth/create-auth'
import * as identity from '@heronry/lexicons/generated/com/atproto/identity'
import { method } from '@heronry/xrpc/method'

export const getRecommendedDidCredentials = ({ auth, ...deps }: DidCredentialsDeps & { auth: Auth }) =>
  method(identity.getRecommendedDidCredentials, {
    auth: auth.session({ reach: 'standard', acceptNarrowed: true }),
    handler: async ({ community, auth: { actor } }) => ({
      body: await didCredentials(deps, { community, actor }),
    }),
  })
