import { openObjects } from '@heronry/blobs/open-objects'
import type { SequencerConfig } from '@heronry/config/house-config'
import type { ProcessParts } from '@heronry/xrpc/process/run-process'
import { sequencerLoops, sequencerSubscriptions } from './app.ts'
import { createSequencerContext } from './context.ts'

/** The subscriptions of this service and what must run for them, as the process is configured. */
export function openSequencer({ config, db, logger, metrics, dependencies }: ProcessParts<SequencerConfig>) {
  const context = createSequencerContext({
    ...{ db, logger, metrics, dependencies },
    databaseUrl: config.database.url,
    databaseRole: config.database.role,
    redisUrl: config.redis?.url,
    role: config.sequencerRole,
    retentionMs: config.firehose.retentionMs,
    archive: config.firehose.archive && openObjects(config.firehose.archive),
  })
  return { subscriptions: sequencerSubscriptions(context), loops: sequencerLoops(context) }
}
