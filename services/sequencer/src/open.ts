import { openObjects } from '@heronry/blobs/open-objects'
import type { SequencerConfig } from '@heronry/config/house-config'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { sequencerLoops, sequencerSubscriptions } from './app.ts'
import { createSequencerContext } from './context.ts'
import { relayAnswerMs } from './limits.ts'
import { observeRelays } from './relays/observe-relays.ts'
import { relayHandlers } from './relays/relay-handlers.ts'

/** The subscriptions and jobs of this service, and what must run for them, as the process is configured. */
export function openSequencer({ config, db, logger, metrics, dependencies }: ProcessParts<SequencerConfig>) {
  const fetch = createHttpFetch({ publicOnly: config.identity.publicOnly, timeoutMs: relayAnswerMs })
  const isLeader = config.sequencerRole !== 'edge'
  if (isLeader) observeRelays(metrics, db)
  const context = createSequencerContext({
    ...{ db, logger, metrics, dependencies },
    databaseUrl: config.database.url,
    databaseRole: config.database.role,
    redisUrl: config.redis?.url,
    role: config.sequencerRole,
    retentionMs: config.firehose.retentionMs,
    archive: config.firehose.archive && openObjects(config.firehose.archive),
    subscribersPerIpMax: config.firehose.subscribersPerIpMax,
    fetch,
  })
  return {
    subscriptions: sequencerSubscriptions(context),
    loops: sequencerLoops(context),
    handlers: isLeader ? relayHandlers({ db, fetch, logger }) : [],
  }
}
