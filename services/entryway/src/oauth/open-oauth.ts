import { replayHandlers } from '@heronry/auth/replay-store'
import type { Replays } from '@heronry/auth/replays'
import type { EntrywayConfig } from '@heronry/config/house-config'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import type { EntrywayContext } from '../context.ts'
import { guardedFetch } from './guarded-fetch.ts'
import { createPermissionSets } from './permission-sets.ts'
import { createProviders } from './providers.ts'
import { oauthRoutes } from './routes.ts'
import { sweepOAuthHandlers } from './sweep-oauth.ts'

/** The providers of all communities, as the process is configured: their routes, and the jobs that forget what has run out. */
export function openOAuth(
  { config, db, logger, replays }: ProcessParts<EntrywayConfig> & { replays: Replays },
  { communities, resolver, clock, events, signUp, sessions }: EntrywayContext,
) {
  const { publicOnly, timeoutMs, responseBytesMax: bytesMax } = config.identity
  const fetch = guardedFetch(createHttpFetch({ publicOnly, timeoutMs, bytesMax }))
  const { passwords } = sessions
  const { trustedClients, lexiconAuthority: authority } = config.oauth
  const providers = createProviders({
    ...{ fetch, replays, logger, events, trustedClients },
    members: { ...signUp, db, communities, resolver, clock, logger, passwords },
    tokenKeys: config.tokenKeys.keys,
    dpopSecret: config.dpopSecret,
    permissionSets: createPermissionSets({ db, fetch, plcUrl: config.plc.url, authority }),
    hcaptcha: config.hcaptcha,
  })
  return {
    providers,
    routes: oauthRoutes({ communities, providers }),
    handlers: [...sweepOAuthHandlers({ db, clock }), ...replayHandlers({ db, clock })],
  }
}
