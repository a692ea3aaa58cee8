import type { Seq } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
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
  /** Without it, edges in other processes poll Postgres. */
  readonly redisUrl?: string | undefined
  readonly logger: Logger
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
  const { db, databaseUrl, redisUrl, logger, role, replayWindowMs } = options
  const limits = { ...edgeLimits, ...options.limits }
  const stream =
    redisUrl === undefined ? undefined : { redisUrl, key: options.streamKey ?? streamKey, logger }
  const publisher = stream === undefined ? undefined : new StreamPublisher(stream)
  const wakeUp = new WakeUp()
  const edge = new Edge({ db, logger, limits, replayWindowMs })
  const announce = (lastSeq: Seq) => {
    wakeUp.notify()
    publisher?.announce(lastSeq)
  }
  return { db, databaseUrl, logger, role, limits, stream, publisher, wakeUp, edge, announce }
}

const streamKey = 'heronry:firehose'
