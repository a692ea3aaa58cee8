import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Dependencies } from '@heronry/core/dependencies'
import type { Database } from '@heronry/db/database'
import type { HttpFetch } from '@heronry/identity/http-fetch'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { Archiver } from './archive/archiver.ts'
import { SegmentCache } from './archive/segment-cache.ts'
import { Edge } from './edge/edge.ts'
import { observeEdge } from './edge/observe-edge.ts'
import { EdgeTail } from './edge/tail.ts'
import { Leader } from './leader/leader.ts'
import { observeLeader } from './leader/observe-leader.ts'
import { type EdgeLimits, edgeLimits, segmentCacheBytesMax, segmentsOpenedAtOnce } from './limits.ts'
import { Retention } from './retention/retention.ts'
import { archiveWitness } from './rollback/archive-witness.ts'
import { JournalWriter } from './rollback/journal-writer.ts'
import { relayWitnesses } from './rollback/relay-witnesses.ts'
import { streamWitness } from './rollback/stream-witness.ts'
import { TailJournal } from './rollback/tail-journal.ts'
import type { Witness } from './rollback/witness.ts'
import { type Announced, ChunkFeed } from './stream/chunk-feed.ts'
import { StreamPublisher } from './stream/publisher.ts'
import { journalKey, streamKey } from './stream/stream-key.ts'

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
  /** Asks relays; without it they are no witnesses. */
  readonly fetch?: HttpFetch | undefined
  /** What numbering is compared with before a leader's first stamp, beside the Redis stream and the relays. */
  readonly witnesses?: readonly Witness[]
  /** Subscribers that one address may have at one community, in this process; undefined: any number. */
  readonly subscribersPerIpMax?: number | undefined
  /** For tests. */
  readonly limits?: Partial<EdgeLimits>
  readonly streamKey?: string
  readonly witnessRetryMs?: number
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
  const rollback = rollbackParts(options, stream)
  const cacheLimits = { bytesMax: segmentCacheBytesMax, openedAtOnce: segmentsOpenedAtOnce }
  const segments = archive && new SegmentCache({ objects: archive, ...cacheLimits })
  const edge = new Edge({ db, logger, metrics, limits, segments })
  const tail = new EdgeTail({ db, logger, edge, metrics, ringBytesMax: limits.ringBytesMax })
  const feed = new ChunkFeed({
    ...{ db, databaseUrl, databaseRole, logger },
    // The stream first: it is a witness of what subscribers have seen.
    takers: [publisher, rollback.journalWriter, role === 'both' ? tail : undefined].filter(
      (taker) => taker !== undefined,
    ),
    newest: async () => publisher?.newest(),
  })
  const announce = (announced: Announced) => feed.announce(announced)
  const leader = new Leader({ db, databaseUrl, databaseRole, logger, metrics, announce, ...rollback })
  const epoch = () => leader.epoch
  const archiver = archive && new Archiver({ db, objects: archive, logger, epoch })
  const retention = new Retention({ db, logger, objects: archive, keptMs: retentionMs, epoch })
  const leaderServices = [leader, retention, ...(archiver === undefined ? [] : [archiver])]
  if (metrics !== undefined && role !== 'leader') observeEdge(metrics, edge)
  if (metrics !== undefined && role !== 'edge') observeLeader(metrics, { db, feed, archiver, retention })
  const { subscribersPerIpMax } = options
  /** Whether this process's own leader feeds its edge. */
  const isFedInProcess = () => role === 'both' && leader.epoch !== undefined
  const served = { edge, tail, limits, subscribersPerIpMax, isFedInProcess }
  return { db, logger, role, ...served, stream, feed, publisher, rollback, leaderServices }
}

/** What a leader verifies its terms by. Redis gives a witness, and a memory of whom a lost tail was about. */
function rollbackParts(
  { db, logger, fetch, archive, witnesses: given = [], witnessRetryMs }: SequencerContextOptions,
  stream: { redisUrl: string; key: string } | undefined,
) {
  const ofRedis = stream === undefined ? [] : [streamWitness(stream)]
  const witnesses = async () => [
    ...ofRedis,
    ...(archive === undefined ? [] : [archiveWitness(archive)]),
    ...given,
    ...(fetch === undefined ? [] : await relayWitnesses(db, fetch)),
  ]
  if (stream === undefined) return { witnesses, witnessRetryMs, journal: undefined, journalWriter: undefined }
  const { redisUrl, key } = stream
  const journal = new TailJournal({ redisUrl, key: journalKey(key) })
  return {
    witnesses,
    witnessRetryMs,
    journal,
    journalWriter: new JournalWriter({ db, logger, redisUrl, journal }),
  }
}
