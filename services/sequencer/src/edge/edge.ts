import type { Socket } from 'node:net'
import type { CommunityId, Seq } from '@heronry/core/ids'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { WebSocket } from 'ws'
import type { SegmentCache } from '../archive/segment-cache.ts'
import type { EdgeLimits } from '../limits.ts'
import { type CommunityRange, readBehind } from './read-behind.ts'
import type { EventPage } from './read-events.ts'
import { type ReplayStart, replayStart } from './replay-start.ts'
import type { Ring } from './ring.ts'
import { Subscriber } from './subscriber.ts'

export interface EdgeOptions {
  readonly db: Database
  readonly logger: Logger
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
  readonly #subscribers = new Set<Subscriber>()
  readonly #sockets = new Set<WebSocket>()
  readonly #started = Promise.withResolvers<Ring>()
  readonly #stopping = new AbortController()
  #ring: Ring | undefined

  constructor(options: EdgeOptions) {
    this.#options = options
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

  /** Hands over the ring, once it stands at the head; until then subscribers wait. */
  start(ring: Ring): void {
    this.#ring = ring
    this.#started.resolve(ring)
  }

  /** Serves a socket whose handshake is done. Returns when its stream has begun or has been refused. */
  async subscribe({ socket, connection, communityId, cursor }: Subscription): Promise<void> {
    // A broken socket closes, and that is enough to know.
    socket.on('error', () => {})
    if (this.#stopping.signal.aborted) return socket.close(1001, 'Going away')
    // The stream goes one way.
    socket.once('message', () => socket.close(1003, 'Unsupported data'))
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const ring = await this.#started.promise
    const { limits } = this.#options
    const readPage = (range: CommunityRange) => this.#readPage(range)
    const subscriber = new Subscriber({ ring, communityId, socket, connection, limits, readPage })
    if (socket.readyState !== socket.OPEN) return
    this.#subscribers.add(subscriber)
    socket.once('close', () => this.#subscribers.delete(subscriber))
    if (cursor === undefined) subscriber.begin({ position: ring.head, outdated: false })
    else await this.#replay(subscriber, { communityId, cursor })
  }

  /** Everybody takes what the ring has got. */
  pump(): void {
    for (const subscriber of this.#subscribers) subscriber.pump()
  }

  check(): void {
    for (const subscriber of this.#subscribers) subscriber.check()
  }

  /** Sends everybody away (1001), and resolves when all have gone or were cut; whoever comes later is sent away too. */
  async drain(): Promise<void> {
    this.#stopping.abort()
    for (const subscriber of this.#subscribers) subscriber.close(1001, 'Going away')
    const left = Array.from(this.#sockets)
    for (const socket of left) socket.close(1001, 'Going away')
    const closed = Promise.all(left.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
    const timeout = new AbortController()
    await Promise.race([closed, sleep(this.#options.limits.closeMsMax, timeout.signal)])
    timeout.abort()
    for (const socket of this.#sockets) socket.terminate()
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
      await sleep(lookAgainMs, this.#stopping.signal)
    }
  }

  /** A page from the archive or Postgres, however long either is away. Undefined when the edge stops. */
  async #readPage(range: CommunityRange): Promise<EventPage | undefined> {
    const { logger } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        return await readBehind(this.#options, range)
      } catch (error) {
        logger.warn({ err: error }, 'firehose replay interrupted')
        await sleep(retryMs, signal)
      }
    }
    return undefined
  }
}
