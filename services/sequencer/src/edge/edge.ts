import type { Socket } from 'node:net'
import type { CommunityId, Seq } from '@heronry/core/ids'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { ChunkEvent } from '@heronry/events/chunk'
import { eventKinds } from '@heronry/events/event'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import type { WebSocket } from 'ws'
import type { SegmentCache } from '../archive/segment-cache.ts'
import { type EdgeLimits, replayPageBytesMin, replayReadsAtOnce } from '../limits.ts'
import { FanOut } from './fan-out.ts'
import { readBehind } from './read-behind.ts'
import type { CommunityRange } from './read-messages.ts'
import { type ReplayPage, ReplayPages } from './replay-pages.ts'
import { type ReplayStart, replayStart } from './replay-start.ts'
import type { Ring } from './ring.ts'
import { Subscriber } from './subscriber.ts'

export interface EdgeOptions {
  readonly db: Database
  readonly logger: Logger
  readonly metrics?: Metrics | undefined
  readonly limits: EdgeLimits
  /** Undefined: this process has no archive. */
  readonly segments: SegmentCache | undefined
}

export interface Subscription {
  readonly socket: WebSocket
  readonly connection: Socket
  readonly communityId: CommunityId
  readonly cursor: number | undefined
}

const retryMs = 1_000
const lookAgainMs = 100

/**
 * The subscribers of one process, and the ring they read.
 *
 * Invariant: a subscriber is served from the ring that `start` gave, and gets events of its own community only.
 */
export class Edge {
  readonly #options: EdgeOptions
  readonly #pages: ReplayPages
  readonly #subscribers = new Set<Subscriber>()
  readonly #sockets = new Set<WebSocket>()
  readonly #started = Promise.withResolvers<Ring>()
  readonly #drained = new AbortController()
  #draining: Promise<void> | undefined
  readonly #fanOut = new FanOut(() => this.#pumpAll())
  #ring: Ring | undefined
  #uncountedBytes = 0

  constructor(options: EdgeOptions) {
    this.#options = options
    this.#pages = new ReplayPages({
      read: (range) => readBehind(options, range),
      bytesMax: options.limits.replayBytesMax,
      readAtOnce: replayReadsAtOnce,
      pageBytesMin: replayPageBytesMin,
    })
  }

  /** The newest seq its subscribers can have; undefined before the start. */
  get head(): Seq | undefined {
    return this.#ring?.head
  }

  /** Those that are being served; not those that are on their way out. */
  get subscriberCount(): number {
    return Array.from(this.#subscribers).filter((subscriber) => subscriber.isOpen).length
  }

  /** All sockets, those on their way out included. */
  get socketCount(): number {
    return this.#sockets.size
  }

  /** Bytes that wait in all sockets together. */
  get waitingBytes(): number {
    let sum = 0
    for (const subscriber of this.#subscribers) sum += subscriber.waitingBytes
    return sum
  }

  /** Bytes of the pages that replays have read and others may want. */
  get replayBytes(): number {
    return this.#pages.byteCount
  }

  get ringBytes(): number {
    return this.#ring?.byteCount ?? 0
  }

  /** How far each subscriber is behind the head, in seqs, from the nearest to the farthest. */
  lags(): number[] {
    const head = this.#ring?.head ?? 0
    const lags = Array.from(this.#subscribers, ({ position = head }) => Math.max(0, head - position))
    return lags.sort((one, other) => one - other)
  }

  /** Hands over the ring, once it stands at the head; until then subscribers wait. */
  start(ring: Ring): void {
    this.#ring = ring
    this.#started.resolve(ring)
  }

  /** Serves a socket whose handshake is done. Returns when its stream has begun or has been refused. */
  async subscribe({ socket, connection, communityId, cursor }: Subscription): Promise<void> {
    // A broken socket closes, and that is enough to know.
    socket.on('error', () => {})
    if (this.#draining !== undefined) return socket.close(1001, 'Going away')
    // The stream goes one way.
    socket.once('message', () => socket.close(1003, 'Unsupported data'))
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const ring = await this.#started.promise
    const { limits } = this.#options
    const readPage = (range: CommunityRange) => this.#readPage(range)
    const onWritten = (bytes: number) => {
      this.#uncountedBytes += bytes
    }
    const readAhead = (range: CommunityRange) => this.#pages.readAhead(range)
    const reading = { readPage, readAhead }
    const subscriber = new Subscriber({
      ring,
      communityId,
      socket,
      connection,
      limits,
      onWritten,
      ...reading,
    })
    if (socket.readyState !== socket.OPEN) return
    this.#subscribers.add(subscriber)
    socket.once('close', () => this.#subscribers.delete(subscriber))
    if (cursor === undefined) subscriber.begin({ position: ring.head, outdated: false })
    else await this.#replay(subscriber, { communityId, cursor })
  }

  /** Everybody takes what the ring has got: now, or a little later together with what comes until then. */
  appended(events: readonly ChunkEvent[]): void {
    for (const event of events) if (event.kind === eventKinds.deletion) this.#pages.suppress(event)
    this.#fanOut.request()
  }

  /** The ring begins anew: whatever came in between was not heard here. */
  restarted(): void {
    this.#pages.clear()
    this.#fanOut.request()
  }

  /** Looks after everybody; who had no room may have it now. */
  check(): void {
    for (const subscriber of this.#subscribers) {
      subscriber.check()
      subscriber.pump()
    }
    this.#options.metrics?.count('pds_firehose_sent_bytes_total', {}, this.#uncountedBytes)
    this.#uncountedBytes = 0
  }

  /** Aborted when everybody has gone after `drain`. */
  get drained(): AbortSignal {
    return this.#drained.signal
  }

  /**
   * Sends everybody away (1001), one after the other: all at once, they would all come to another process at once. Resolves when all have
   * gone or were cut, after `drainSpreadMs` and `drainCloseMsMax` at the latest; whoever comes later is sent away at once.
   */
  drain(): Promise<void> {
    this.#draining ??= this.#sendAway().finally(() => this.#drained.abort())
    return this.#draining
  }

  #pumpAll(): void {
    for (const subscriber of this.#subscribers) subscriber.pump()
  }

  async #sendAway(): Promise<void> {
    const { drainPaceMs, drainSpreadMs, drainCloseMsMax } = this.#options.limits
    const sockets = Array.from(this.#sockets)
    const closed = Promise.all(sockets.map(closeOf))
    const paceMs = Math.min(drainPaceMs, drainSpreadMs / sockets.length)
    const begunAt = performance.now()
    const cut = new AbortController()
    for (const [index, socket] of sockets.entries()) {
      const waitMs = begunAt + index * paceMs - performance.now()
      if (waitMs > 0) await sleep(waitMs, cut.signal)
      socket.close(1001, 'Going away')
    }
    await Promise.race([closed, sleep(drainCloseMsMax, cut.signal)])
    cut.abort()
    for (const socket of this.#sockets) socket.terminate()
    await closed
  }

  async #replay(subscriber: Subscriber, from: { communityId: CommunityId; cursor: number }): Promise<void> {
    const { db, logger } = this.#options
    try {
      const start = await this.#settled(() => replayStart(db, from), subscriber)
      if (start.kind === 'future') {
        if (start.verified) return subscriber.fail('FutureCursor', 'Cursor in the future.')
        return subscriber.close(1013, 'Try again later')
      }
      subscriber.begin(start)
    } catch (error) {
      logger.error({ err: error }, 'firehose cursor not looked up')
      subscriber.fail('InternalServerError', 'Internal Server Error')
    }
  }

  /**
   * Looks again while the cursor seems to be in the future and no leader has verified its term: a relay that is refused with
   * FutureCursor gives the host up, and after a rollback it is numbering that lies in the past.
   */
  async #settled(look: () => Promise<ReplayStart>, subscriber: Subscriber): Promise<ReplayStart> {
    const until = performance.now() + this.#options.limits.futureCursorWaitMs
    for (;;) {
      const start = await look()
      if (start.kind !== 'future' || start.verified) return start
      if (!subscriber.isOpen || performance.now() > until) return start
      await sleep(lookAgainMs, this.#drained.signal)
    }
  }

  /** A page from the archive or Postgres, however long either is away. Undefined when the edge stops. */
  async #readPage(range: CommunityRange): Promise<ReplayPage | undefined> {
    const { logger } = this.#options
    const { signal } = this.#drained
    while (!signal.aborted) {
      try {
        return await this.#pages.get(range)
      } catch (error) {
        logger.warn({ err: error }, 'firehose replay interrupted')
        await sleep(retryMs, signal)
      }
    }
    return undefined
  }
}

function closeOf(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
