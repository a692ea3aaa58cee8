import type { Auth } from '@heronry/auth/create-auth'
import { type ServiceAuthDeps, serviceAuth } from '@heronry/auth/service-auth'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'

export const getServiceAuth = ({ auth, ...deps }: ServiceAuthDeps & { auth: Auth }) =>
  method(server.getServiceAuth, {
    auth: auth.session({ reach: 'standard', acceptTakendown: true, acceptNarrowed: true }),
    handler: async ({ params, auth: session }) => {
      const { aud, lxm, exp } = params
      return { body: { token: await serviceAuth(deps, { session, audience: aud, lxm, exp }) } }
    },
  })
