import { type CreateSessionDeps, createSession as create } from '@heronry/accounts/create-session'
import { permissionsOf } from '@heronry/auth/permissions'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import type { BusinessEvents } from '@heronry/telemetry/business-events'
import { clientKey } from '@heronry/xrpc/client-key'
import { method } from '@heronry/xrpc/method'
import { createSessionRateLimits } from '../../../../rate-limits.ts'
import { type DidDocSource, sessionBody } from '../../../../session-body.ts'

export interface SignInDeps extends CreateSessionDeps {
  didDocOf: DidDocSource
  events: BusinessEvents
}

export const createSession = ({ didDocOf, events, ...deps }: SignInDeps) =>
  method(server.createSession, {
    rateLimit: createSessionRateLimits,
    handler: async ({ input, community, req }) => {
      const { identifier, password, authFactorToken, allowTakendown } = input.body
      const {
        accessJwt,
        refreshJwt,
        permissions: scopes,
        login,
      } = await create(deps, {
        community,
        identifier,
        password,
        authFactorToken,
        allowTakendown: allowTakendown ?? false,
        network: clientKey(req),
        userAgent: req.headers['user-agent'],
      })
      const { did } = login.actor
      events.sessionCreated({ community: community.slug, did, source: 'createSession' })
      const told = { login, permissions: permissionsOf(scopes) }
      return { body: { ...(await sessionBody(didDocOf, told)), accessJwt, refreshJwt } }
    },
  })
