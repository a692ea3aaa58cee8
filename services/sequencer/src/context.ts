import type { Dependencies } from '@heronry/core/dependencies'
import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { Edge } from './edge/edge.ts'
import { type EdgeLimits, edgeLimits } from './limits.ts'
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
  /** How far back a cursor is served, in milliseconds. */
  readonly replayWindowMs: number
  /** For tests. */
  readonly limits?: Partial<EdgeLimits>
  readonly streamKey?: string
}

export type SequencerContext = ReturnType<typeof createSequencerContext>

/** Makes the parts of the service; opens nothing. What must run is in `sequencerLoops`. */
export function createSequencerContext(options: SequencerContextOptions) {
  const { db, databaseUrl, databaseRole, redisUrl, logger, metrics, dependencies } = options
  const { role, replayWindowMs } = options
  const limits = { ...edgeLimits, ...options.limits }
  const stream =
    redisUrl === undefined
      ? undefined
      : { redisUrl, key: options.streamKey ?? streamKey, logger, dependencies }
  const publisher = stream === undefined ? undefined : new StreamPublisher(stream)
  const wakeUp = new WakeUp()
  const edge = new Edge({ db, logger, limits, replayWindowMs })
  let announced: Seq | undefined
  const announce = (lastSeq: Seq) => {
    announced = lastSeq
    wakeUp.notify()
    publisher?.announce(lastSeq)
  }
  metrics?.gauge('pds_firehose_subscribers', () => edge.subscriberCount)
  metrics?.gauge('pds_firehose_seq', () => [
    ...(announced === undefined ? [] : [{ labels: { role: 'leader' }, value: announced }]),
    ...(edge.head === undefined ? [] : [{ labels: { role: 'edge' }, value: edge.head }]),
  ])
  return { db, databaseUrl, databaseRole, logger, role, limits, stream, publisher, wakeUp, edge, announce }
}

const streamKey = 'heronry:firehose'
