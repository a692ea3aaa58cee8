import type { SequencerConfig } from '@heronry/config/house-config'
import { createHttpFetch } from '@heronry/identity/http-fetch'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { sequencerLoops, sequencerSubscriptions } from './app.ts'
import { createSequencerContext } from './context.ts'
import { relayAnswerMs } from './limits.ts'

/** The subscriptions of this service and what must run for them, as the process is configured. */
export function openSequencer({ config, db, logger, metrics }: ProcessParts<SequencerConfig>) {
  const context = createSequencerContext({
    ...{ db, logger, metrics },
    databaseUrl: config.database.url,
    databaseRole: config.database.role,
    redisUrl: config.redis?.url,
    role: config.sequencerRole,
    replayWindowMs: config.firehose.backfillLimitMs,
    fetch: createHttpFetch({ publicOnly: config.identity.publicOnly, timeoutMs: relayAnswerMs }),
  })
  return { subscriptions: sequencerSubscriptions(context), loops: sequencerLoops(context) }
}
