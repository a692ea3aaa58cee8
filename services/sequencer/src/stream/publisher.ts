import { once } from 'node:events'
import type { Dependencies } from '@heronry/core/dependencies'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { disconnectMsMax, streamEntriesMax } from '../limits.ts'

export interface StreamPublisherOptions {
  readonly redisUrl: string
  readonly key: string
  readonly logger: Logger
  readonly dependencies?: Dependencies | undefined
}

/**
 * Tells the edges of other processes, by a Redis stream, that numbers have been given.
 *
 * Invariant: an entry's id is `<last_seq>-0`, so that Redis itself refuses what a stale leader has to say. Nothing waits for
 * it: one entry is under way at a time, and the newest seq is the next. A lost entry costs an edge its polling interval.
 */
export class StreamPublisher implements Service {
  readonly name = 'sequencer-stream-publisher'
  readonly #options: StreamPublisherOptions
  #redis: Redis | undefined
  #wanted = 0
  #sent = 0
  #sending = false
  #failing = false

  constructor(options: StreamPublisherOptions) {
    this.#options = options
    options.dependencies?.watch('redis', () => this.#redis?.status === 'ready')
  }

  /** Never throws and never waits; without a connection the newest seq is kept until there is one. */
  announce(lastSeq: Seq): void {
    this.#wanted = Math.max(this.#wanted, lastSeq)
    if (!this.#sending) void this.#send()
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

  async #send(): Promise<void> {
    this.#sending = true
    while (this.#redis?.status === 'ready' && this.#sent < this.#wanted) {
      const seq = this.#wanted
      if (!(await this.#add(this.#redis, seq))) break
      this.#sent = seq
    }
    this.#sending = false
  }

  /** Whether the stream says `seq` now, or something newer. */
  async #add(redis: Redis, seq: number): Promise<boolean> {
    try {
      await redis.xadd(this.#options.key, 'MAXLEN', '~', streamEntriesMax, `${seq}-0`, 'seq', seq)
      return true
    } catch (error) {
      if (isOlderThanTop(error)) return true
      this.#failed(error)
      return false
    }
  }

  /** Redis is back, perhaps empty: what was said last is said again. */
  #restored(): void {
    if (this.#failing) this.#options.logger.info({}, 'firehose stream restored')
    this.#failing = false
    this.#sent = 0
    if (!this.#sending) void this.#send()
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
