import { type RefreshSessionDeps, refreshSession as refresh } from '@heronry/accounts/refresh-session'
import type { Auth } from '@heronry/auth/create-auth'
import { permissionsOf } from '@heronry/auth/permissions'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import type { BusinessEvents } from '@heronry/telemetry/business-events'
import { method } from '@heronry/xrpc/method'
import { type DidDocSource, sessionBody } from '../../../../session-body.ts'

export const refreshSession = ({
  auth,
  didDocOf,
  events,
  ...deps
}: RefreshSessionDeps & { auth: Auth; didDocOf: DidDocSource; events: BusinessEvents }) =>
  method(server.refreshSession, {
    auth: auth.refresh(),
    handler: async ({ community, auth: { actor, sessionId } }) => {
      const {
        accessJwt,
        refreshJwt,
        permissions: scopes,
        login,
      } = await refresh(deps, { community, actor, sessionId })
      events.sessionRefreshed({ community: community.slug, did: actor.did })
      const told = { login, permissions: permissionsOf(scopes) }
      return { body: { ...(await sessionBody(didDocOf, told)), accessJwt, refreshJwt } }
    },
  })
