import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Chunk, ChunkEvent } from '@heronry/events/chunk'
import type { Logger } from '@heronry/telemetry/logger'
import { readEvents } from '../edge/read-events.ts'
import { type LeaderSession, openSession } from '../leader/session.ts'
import { givenChunksMax, reconnectMs, republishedSeqsMax } from '../limits.ts'
import { WakeUp } from '../wake-up.ts'
import { readChunk } from './read-chunk.ts'

/** Who is given chunks. It neither throws nor waits, and looks itself for what it could not take. */
export interface ChunkTaker {
  take(chunk: Chunk): void
}

/** What the leader says of its numbering: that it has come to `lastSeq`. */
export interface Announced {
  readonly lastSeq: Seq
  readonly epoch: bigint
  /** With `events`: those are all from `after` on. */
  readonly after?: Seq
  readonly events?: readonly ChunkEvent[]
}

export interface ChunkFeedOptions {
  readonly db: Database
  readonly databaseUrl: string
  readonly databaseRole?: string | undefined
  readonly logger: Logger
  readonly takers: readonly ChunkTaker[]
  /** The newest seq of the stream; undefined where there is no stream, or it does not answer. Never rejects. */
  readonly newest: () => Promise<Seq | undefined>
}

/**
 * Takes from the leader of this process what it has stamped, or reads it where the leader does not have it, and gives it to everybody who
 * wants it: the edge of this process, those of others by the stream, the journal.
 *
 * Invariant: in one term its chunks lie end to end, and each is given after the transaction that stamped it. Nothing depends on it: whoever
 * misses a chunk finds the same in Postgres. A term begins after the newest entry of the stream, where its leader has left something out.
 */
export class ChunkFeed implements Service {
  readonly name = 'sequencer-chunk-feed'
  readonly #options: ChunkFeedOptions
  readonly #wakeUp = new WakeUp()
  #wanted: Mark | undefined
  #published: Mark | undefined
  /** What the leader had, by seq; all of one term. */
  readonly #given: Chunk[] = []
  /** When the first was announced of what is not published. */
  #stampedAt: number | undefined
  #failing = false

  constructor(options: ChunkFeedOptions) {
    this.#options = options
  }

  /** Everything up to `lastSeq` can be read from Postgres. Never throws and never waits. */
  announce({ lastSeq: seq, epoch, after, events }: Announced): void {
    const now = Date.now()
    // Those that nobody fetches in time are read from Postgres.
    if (this.#wanted?.epoch !== epoch || this.#given.length >= givenChunksMax) this.#given.length = 0
    if (after !== undefined && events !== undefined) {
      this.#given.push({ after, upto: seq, stampedAt: now, events })
    }
    this.#wanted = { seq, epoch }
    this.#stampedAt ??= now
    this.#wakeUp.notify()
  }

  /** The last seq that was announced to it; undefined where this process has never led. */
  get announced(): Seq | undefined {
    return this.#wanted?.seq
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // A process that has never led holds no connection.
      if (this.#wanted === undefined) await this.#wakeUp.wait(longestWaitMs, signal)
      else await this.#follow(signal).catch((error: unknown) => this.#failed(error, signal))
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { databaseUrl, databaseRole: role } = this.#options
    await using session = await openSession(databaseUrl, { role, name: 'chunks' })
    for (;;) {
      // Looked at first: after the end there is one more round, for what was announced last.
      const last = signal.aborted
      await this.#publish(session)
      this.#failing = false
      if (last) return
      await this.#wakeUp.wait(longestWaitMs, signal)
    }
  }

  async #publish(session: LeaderSession): Promise<void> {
    const { takers } = this.#options
    const wanted = this.#wanted
    const stampedAt = this.#stampedAt ?? Date.now()
    this.#stampedAt = undefined
    if (wanted === undefined) return
    const isSameTerm = this.#published?.epoch === wanted.epoch
    let after = isSameTerm && this.#published ? this.#published.seq : await this.#begin(wanted, stampedAt)
    while (after < wanted.seq) {
      const chunk =
        this.#givenAfter(after) ?? (await this.#read(session, { after, upto: wanted.seq, stampedAt }))
      for (const taker of takers) taker.take(chunk)
      after = chunk.upto
      this.#published = { seq: after, epoch: wanted.epoch }
    }
  }

  #givenAfter(after: Seq): Chunk | undefined {
    while (this.#given[0] !== undefined && this.#given[0].after < after) this.#given.shift()
    return this.#given[0]?.after === after ? this.#given.shift() : undefined
  }

  /** Where a term begins, which everybody is told. */
  async #begin({ seq: lastSeq, epoch }: Mark, stampedAt: number): Promise<Seq> {
    const newest = (await this.#options.newest()) ?? lastSeq
    const isNear = newest <= lastSeq && newest >= lastSeq - republishedSeqsMax
    const seq = isNear ? newest : lastSeq
    for (const taker of this.#options.takers) taker.take({ after: seq, upto: seq, stampedAt, events: [] })
    this.#published = { seq, epoch }
    return seq
  }

  /** Where events have been dropped already, there is nothing to publish but how far numbering is. */
  async #read(session: LeaderSession, { stampedAt, ...range }: Range): Promise<Chunk> {
    const near = await readChunk(session, range)
    if (!near.gap) return { ...near, after: range.after, stampedAt }
    const { events, upto, gap } = await readEvents(this.#options.db, { ...range, upto: near.upto })
    if (gap) return { after: upto, upto, events: [], stampedAt }
    return { after: range.after, upto, events, stampedAt }
  }

  async #failed(error: unknown, signal: AbortSignal): Promise<void> {
    if (!this.#failing && !signal.aborted)
      this.#options.logger.warn({ err: error }, 'firehose chunks not published, edges poll Postgres')
    this.#failing = true
    await sleep(reconnectMs, signal)
  }
}

const longestWaitMs = 60_000

interface Mark {
  readonly seq: Seq
  readonly epoch: bigint
}

interface Range {
  readonly after: Seq
  readonly upto: Seq
  readonly stampedAt: number
}
