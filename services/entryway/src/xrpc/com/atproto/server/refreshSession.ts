import { type RefreshSessionDeps, refreshSession as refresh } from '@heronry/accounts/refresh-session'
import type { Auth } from '@heronry/auth/create-auth'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { type DidDocSource, sessionBody } from '../../../../session-body.ts'

export const refreshSession = ({
  auth,
  didDocOf,
  ...deps
}: RefreshSessionDeps & { auth: Auth; didDocOf: DidDocSource }) =>
  method(server.refreshSession, {
    auth: auth.refresh(),
    handler: async ({ community, auth: { actor, sessionId } }) => {
      const { login, accessJwt, refreshJwt } = await refresh(deps, { community, actor, sessionId })
      return { body: { ...(await sessionBody(didDocOf, login)), accessJwt, refreshJwt } }
    },
  })
