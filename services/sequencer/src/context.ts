import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Dependencies } from '@heronry/core/dependencies'
import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { Archiver } from './archive/archiver.ts'
import { SegmentCache } from './archive/segment-cache.ts'
import { Edge } from './edge/edge.ts'
import { Leader } from './leader/leader.ts'
import { type EdgeLimits, edgeLimits, segmentCacheBytesMax, segmentsOpenedAtOnce } from './limits.ts'
import { Retention } from './retention/retention.ts'
import { StreamPublisher } from './stream/publisher.ts'
import { WakeUp } from './wake-up.ts'

/** `leader` numbers events, `edge` serves subscribers. */
type SequencerRole = 'leader' | 'edge' | 'both'

export interface SequencerContextOptions {
  readonly db: Database
  /** For the leader's own connection; not through a pooler that shares sessions. */
  readonly databaseUrl: string
  /** The Postgres role of that connection; undefined: its user's own. */
  readonly databaseRole?: string | undefined
  /** Without it, edges in other processes poll Postgres. */
  readonly redisUrl?: string | undefined
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  readonly dependencies?: Dependencies | undefined
  readonly role: SequencerRole
  /** How long events are kept and replayed, in milliseconds. */
  readonly retentionMs: number
  /** Where old events are archived; without it Postgres keeps them. */
  readonly archive?: BlobObjects | undefined
  /** For tests. */
  readonly limits?: Partial<EdgeLimits>
  readonly streamKey?: string
}

export type SequencerContext = ReturnType<typeof createSequencerContext>

/** Makes the parts of the service; opens nothing. What must run is in `sequencerLoops`. */
export function createSequencerContext(options: SequencerContextOptions) {
  const { db, databaseUrl, databaseRole, redisUrl, logger, metrics, dependencies } = options
  const { role, retentionMs, archive } = options
  const limits = { ...edgeLimits, ...options.limits }
  const stream =
    redisUrl === undefined
      ? undefined
      : { redisUrl, key: options.streamKey ?? streamKey, logger, dependencies }
  const publisher = stream === undefined ? undefined : new StreamPublisher(stream)
  const wakeUp = new WakeUp()
  const cacheLimits = { bytesMax: segmentCacheBytesMax, openedAtOnce: segmentsOpenedAtOnce }
  const segments = archive && new SegmentCache({ objects: archive, ...cacheLimits })
  const edge = new Edge({ db, logger, limits, segments })
  let announced: Seq | undefined
  const announce = (lastSeq: Seq) => {
    announced = lastSeq
    wakeUp.notify()
    publisher?.announce(lastSeq)
  }
  const leader = new Leader({ db, databaseUrl, databaseRole, logger, announce })
  const epoch = () => leader.epoch
  const archiver = archive && new Archiver({ db, objects: archive, logger, epoch })
  const retention = new Retention({ db, logger, objects: archive, keptMs: retentionMs, epoch })
  const leaderServices = [leader, retention, ...(archiver === undefined ? [] : [archiver])]
  metrics?.gauge('pds_firehose_subscribers', () => edge.subscriberCount)
  metrics?.gauge('pds_firehose_seq', () => [
    ...(announced === undefined ? [] : [{ labels: { role: 'leader' }, value: announced }]),
    ...(edge.head === undefined ? [] : [{ labels: { role: 'edge' }, value: edge.head }]),
  ])
  metrics?.gauge('pds_firehose_archive_lag_seconds', () => only(archiver?.lagMs, 1000))
  metrics?.gauge('pds_firehose_partitions_overdue', () => only(retention.overdue))
  return { db, logger, role, limits, stream, publisher, wakeUp, edge, leaderServices }
}

/** A reading where there is something to read: who does not lead shows nothing. */
function only(value: number | undefined, per = 1): { labels: object; value: number }[] {
  return value === undefined ? [] : [{ labels: {}, value: value / per }]
}

const streamKey = 'heronry:firehose'
