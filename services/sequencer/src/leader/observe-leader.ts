import type { Database } from '@heronry/db/database'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { Archiver } from '../archive/archiver.ts'
import type { Retention } from '../retention/retention.ts'
import type { ChunkFeed } from '../stream/chunk-feed.ts'
import { unstampedAgeMs } from './unstamped-age.ts'

export interface LeaderParts {
  readonly db: Database
  readonly feed: ChunkFeed
  /** Undefined: the house has no archive. */
  readonly archiver: Archiver | undefined
  readonly retention: Retention
}

/** What a process that may lead has to show, read at every scrape. Who does not lead shows no lag of what only a leader does. */
export function observeLeader(metrics: Metrics, { db, feed, archiver, retention }: LeaderParts): void {
  metrics.gauge('pds_firehose_seq', () =>
    feed.announced === undefined ? [] : [{ labels: { role: 'leader' }, value: feed.announced }],
  )
  metrics.gauge('pds_firehose_unstamped_age_seconds', async () => (await unstampedAgeMs(db)) / 1000)
  metrics.gauge('pds_firehose_archive_lag_seconds', () => only(archiver?.lagMs, 1000))
  metrics.gauge('pds_firehose_partitions_overdue', () => only(retention.overdue))
}

function only(value: number | undefined, per = 1): { labels: object; value: number }[] {
  return value === undefined ? [] : [{ labels: {}, value: value / per }]
}
