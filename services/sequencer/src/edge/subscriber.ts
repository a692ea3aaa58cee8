import type { Socket } from 'node:net'
import type { CommunityId, Seq } from '@heronry/core/ids'
import { errorFrame, infoFrame } from '@heronry/events/frame'
import type { WebSocket } from 'ws'
import type { EdgeLimits } from '../limits.ts'
import type { CommunityRange } from './read-messages.ts'
import type { ReplayPage } from './replay-pages.ts'
import type { Ring } from './ring.ts'
import { websocketMessage } from './websocket-message.ts'

/** The last words to a subscriber, by the names of the lexicon. */
export type StreamError = 'ConsumerTooSlow' | 'FutureCursor' | 'InternalServerError'

export interface SubscriberOptions {
  readonly ring: Ring
  readonly communityId: CommunityId
  /** The handshake is done: pings, closing and what the peer says go through it. */
  readonly socket: WebSocket
  /** What lies below `socket`: whole messages are written to it directly, the same Buffer to every subscriber. */
  readonly connection: Socket
  readonly limits: EdgeLimits
  /** Told of every write. */
  readonly onWritten: (bytes: number) => void
  /** Reads what the ring no longer has, however long it takes; undefined when the edge stops. Never rejects. */
  readonly readPage: (range: CommunityRange) => Promise<ReplayPage | undefined>
  /** Told what `readPage` will be asked for next. */
  readonly readAhead: (range: CommunityRange) => void
}

/**
 * One reader of the firehose: a cursor, and a socket that takes what it takes.
 *
 * Invariant: all events of its community with seq <= position have been written to the socket that were after its cursor,
 * each once, in order; nothing beyond has. Position moves in the same turn as the write, in one of two ways: `pump` while it
 * lies within the ring, `fill` from archive and Postgres while it lies before it. Never both, so that there is no seam between them.
 */
export class Subscriber {
  readonly #options: SubscriberOptions
  #position: Seq | undefined
  #filling = false
  #live = false
  #open = true
  /** Bytes of the stream: written, and those of them that the socket had taken at the last look. */
  #written = 0
  #taken = 0
  /** When it was last seen to take something, and when it last was not waited for. */
  #takenAt = 0
  #progressAt: number
  #heardAt: number
  #pingedAt: number

  constructor(options: SubscriberOptions) {
    this.#options = options
    this.#progressAt = this.#heardAt = this.#pingedAt = performance.now()
    const { socket } = options
    socket.once('close', () => {
      this.#open = false
    })
    socket.on('pong', () => {
      this.#heardAt = performance.now()
    })
  }

  /** False once either side has said that it closes: a message after that would break the protocol. */
  get isOpen(): boolean {
    const { socket } = this.#options
    return this.#open && socket.readyState === socket.OPEN
  }

  /** Starts the stream after `position`; `outdated` is said first. */
  begin({ position, outdated }: { position: Seq; outdated: boolean }): void {
    if (!this.isOpen) return
    this.#position = position
    if (outdated) this.#write(outdatedCursor)
    this.pump()
  }

  /** Where it stands: everything up to it has been written to the socket; undefined before its stream has begun. */
  get position(): Seq | undefined {
    return this.#position
  }

  /** Bytes that wait in its socket. */
  get waitingBytes(): number {
    return this.#options.connection.writableLength
  }

  /** Writes as much as the socket takes. Called after every append to the ring, and when a socket that was full has been flushed. */
  pump(): void {
    const { ring, communityId } = this.#options
    if (this.#filling || this.#position === undefined) return
    while (this.isOpen && this.#hasRoom()) {
      if (this.#position < ring.after) return void this.#fill(this.#position)
      const next = ring.read(this.#position, communityId)
      if (next === undefined) {
        this.#live = true
        return
      }
      this.#position = next.upto
      if (next.bytes !== undefined) this.#write(next.bytes)
    }
  }

  /** Cuts a peer that takes nothing or has gone, and pings the others. */
  check(): void {
    if (!this.isOpen) return
    const now = performance.now()
    this.#noteProgress(now)
    if (this.#isStalled(now) || this.#isFarBehind()) this.fail('ConsumerTooSlow', 'Stream consumer too slow')
    else if (now - this.#pingedAt >= this.#options.limits.pingIntervalMs) this.#ping(now)
  }

  /** Says what is wrong and closes, as the reference does: an error frame, then 1008 with the error's name. */
  fail(error: StreamError, message: string): void {
    if (!this.isOpen) return
    this.#write(websocketMessage(errorFrame({ error, message })))
    this.close(1008, error)
  }

  /** Closes; a peer that does not close in turn is cut. */
  close(code: number, reason: string): void {
    if (!this.isOpen) return
    this.#open = false
    const { socket, limits } = this.#options
    socket.close(code, reason)
    const timer = setTimeout(() => socket.terminate(), limits.closeMsMax)
    timer.unref()
    socket.once('close', () => clearTimeout(timer))
  }

  /**
   * Reads from archive and Postgres until the ring is reached, a page at a time and none before the last one has room; while that is
   * being sent, the next is read ahead. Events that were dropped under the replay are said to be missing.
   */
  async #fill(from: Seq): Promise<void> {
    const { ring, communityId, readPage, readAhead } = this.#options
    this.#filling = true
    let position = from
    while (this.isOpen && this.#hasRoom() && position < ring.after) {
      const page = await readPage({ after: position, upto: ring.head, communityId })
      if (!this.isOpen || page === undefined) return
      position = page.upto
      this.#position = position
      if (page.gap) this.#write(outdatedCursor)
      if (page.bytes !== undefined) this.#write(page.bytes)
      if (position < ring.after) readAhead({ after: position, upto: ring.head, communityId })
    }
    this.#filling = false
    this.pump()
  }

  /** Only of a write that fills the socket the end is waited for: of the others, the next one asks. */
  #write(bytes: Buffer): void {
    const { connection, limits, onWritten } = this.#options
    this.#written += bytes.length
    onWritten(bytes.length)
    if (connection.writableLength + bytes.length < limits.socketBytesMax) connection.write(bytes)
    else connection.write(bytes, this.#pumpOn)
  }

  readonly #pumpOn = () => this.pump()

  #hasRoom(): boolean {
    const { connection, limits } = this.#options
    return connection.writableLength < limits.socketBytesMax
  }

  /** As exact as the looks are frequent, and free of charge between them. */
  #noteProgress(now: number): void {
    const waiting = this.#options.connection.writableLength
    const taken = this.#written - waiting
    if (taken > this.#taken) {
      this.#taken = taken
      this.#takenAt = now
    }
    if (waiting === 0 || this.#takenAt === now) this.#progressAt = now
  }

  #isStalled(now: number): boolean {
    const { connection, limits } = this.#options
    return connection.writableLength > 0 && now - this.#progressAt > limits.stallMsMax
  }

  #ping(now: number): void {
    const { socket } = this.#options
    const isGone = Math.max(this.#heardAt, this.#takenAt) < this.#pingedAt
    this.#pingedAt = now
    if (isGone) socket.terminate()
    else socket.ping()
  }

  /** Only who has been live can fall behind: a replay is as long as it is. */
  #isFarBehind(): boolean {
    const { ring, communityId, limits } = this.#options
    if (!this.#live || this.#position === undefined || this.#position < ring.after) return false
    return ring.bytesAfter(this.#position, communityId) > limits.backlogBytesMax
  }
}

const outdatedCursor = websocketMessage(
  infoFrame({
    name: 'OutdatedCursor',
    message: 'Requested cursor exceeded limit. Possibly missing events',
  }),
)
