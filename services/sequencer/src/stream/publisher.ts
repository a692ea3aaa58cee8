import { once } from 'node:events'
import type { Dependencies } from '@heronry/core/dependencies'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { type Chunk, encodeChunk } from '@heronry/events/chunk'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { disconnectMsMax, streamAheadBytesMax, streamBytesMax } from '../limits.ts'
import type { ChunkTaker } from './chunk-feed.ts'
import { newestSeq } from './newest-seq.ts'
import { StreamBudget } from './stream-budget.ts'

export interface StreamPublisherOptions {
  readonly redisUrl: string
  readonly key: string
  readonly logger: Logger
  readonly dependencies?: Dependencies | undefined
  /** For tests. */
  readonly bytesMax?: number | undefined
  readonly aheadBytesMax?: number | undefined
}

/**
 * Hands chunks to the edges of other processes, by a Redis stream.
 *
 * Invariant: an entry's id is `<upto>-0`, so that Redis itself refuses what a stale leader has to say. Nothing waits for it: what a
 * slow, absent or full Redis does not take is left out, and the edges read it from Postgres. The stream is bounded in bytes
 * (`StreamBudget`), and so is what is on its way.
 */
export class StreamPublisher implements Service, ChunkTaker {
  readonly name = 'sequencer-stream-publisher'
  readonly #options: StreamPublisherOptions
  readonly #budget: StreamBudget
  #redis: Redis | undefined
  #newest: Seq | undefined
  #aheadBytes = 0
  #failing = false

  constructor(options: StreamPublisherOptions) {
    this.#options = options
    this.#budget = new StreamBudget(options.bytesMax ?? streamBytesMax)
    options.dependencies?.watch('redis', () => this.#redis?.status === 'ready')
  }

  /** Never throws and never waits. */
  take(chunk: Chunk): void {
    const { aheadBytesMax = streamAheadBytesMax } = this.#options
    this.#newest = chunk.upto
    // Where nothing was numbered yet there is nothing to say, and no entry may be called 0-0.
    if (this.#redis?.status !== 'ready' || chunk.upto === 0) return
    const bytes = encodeChunk(chunk)
    // A first one goes whatever its size.
    if (this.#aheadBytes > 0 && this.#aheadBytes + bytes.length > aheadBytesMax) return
    void this.#add(this.#redis, chunk.upto, bytes)
  }

  /** Whether there is a connection: without one, what it is given is left out. */
  get isReady(): boolean {
    return this.#redis?.status === 'ready'
  }

  /** The newest seq of the stream; undefined where it is empty or does not answer. */
  async newest(): Promise<Seq | undefined> {
    if (this.#redis?.status !== 'ready') return undefined
    return newestSeq(this.#redis, this.#options.key).catch(() => undefined)
  }

  async run(signal: AbortSignal): Promise<void> {
    const redis = new Redis(this.#options.redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 1_000,
      connectTimeout: 2_000,
      disconnectTimeout: disconnectMsMax,
    })
    redis.on('error', (error: Error) => this.#failed(error))
    redis.on('ready', () => this.#restored())
    this.#redis = redis
    if (!signal.aborted) await once(signal, 'abort')
    this.#redis = undefined
    redis.disconnect()
  }

  async #add(redis: Redis, upto: Seq, bytes: Buffer): Promise<void> {
    this.#aheadBytes += bytes.length
    const entriesMax = this.#budget.add(bytes.length)
    try {
      await redis.xadd(this.#options.key, 'MAXLEN', entriesMax, `${upto}-0`, 'chunk', bytes)
    } catch (error) {
      this.#budget.forget()
      if (!isOlderThanTop(error)) this.#failed(error)
    } finally {
      this.#aheadBytes -= bytes.length
    }
  }

  /** Redis is back, perhaps empty: how far numbering is is said again. */
  #restored(): void {
    if (this.#failing) this.#options.logger.info({}, 'firehose stream restored')
    this.#failing = false
    this.#budget.forget()
    const seq = this.#newest
    if (seq !== undefined) this.take({ after: seq, upto: seq, stampedAt: Date.now(), events: [] })
  }

  #failed(error: unknown): void {
    if (!this.#failing) this.#options.logger.warn({ err: error }, 'firehose stream lost, edges poll Postgres')
    this.#failing = true
  }
}

/** Somebody has announced as much, or more: a newer leader, or this one in an earlier term. */
function isOlderThanTop(error: unknown): boolean {
  return error instanceof Error && error.message.includes('equal or smaller than the target stream top item')
}
