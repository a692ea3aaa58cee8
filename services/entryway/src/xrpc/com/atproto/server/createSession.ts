import { type CreateSessionDeps, createSession as create } from '@heronry/accounts/create-session'
import * as server from '@heronry/lexicons/generated/com/atproto/server'
import { method } from '@heronry/xrpc/method'
import { createSessionRateLimits } from '../../../../rate-limits.ts'
import { type DidDocSource, sessionBody } from '../../../../session-body.ts'

export const createSession = ({ didDocOf, ...deps }: CreateSessionDeps & { didDocOf: DidDocSource }) =>
  method(server.createSession, {
    rateLimit: createSessionRateLimits,
    handler: async ({ input, community }) => {
      const { identifier, password, allowTakendown } = input.body
      const { login, accessJwt, refreshJwt } = await create(deps, {
        community,
        identifier,
        password,
        allowTakendown: allowTakendown ?? false,
      })
      return { body: { ...(await sessionBody(didDocOf, login)), accessJwt, refreshJwt } }
    },
  })
