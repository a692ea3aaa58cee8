import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import type { Database } from '@heronry/db/database'
import type { Chunk } from '@heronry/events/chunk'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { chunksWaitingMax, idleTickMs, streamedLookMs } from '../limits.ts'
import type { StreamReader } from '../stream/listener.ts'
import { WakeUp } from '../wake-up.ts'
import type { Edge } from './edge.ts'
import { readEvents } from './read-events.ts'
import { readLastSeq } from './read-last-seq.ts'
import { Ring } from './ring.ts'

export interface TailOptions {
  readonly db: Database
  readonly logger: Logger
  readonly edge: Edge
  readonly ringBytesMax: number
  readonly metrics?: Metrics | undefined
}

/**
 * Follows the numbering: appends what was stamped since the ring's head, and lets the subscribers have it.
 *
 * Chunks come from the leader, in process or by the stream, and are believed where they follow on the head; before a chunk that does not,
 * Postgres is read up to it. Nothing promises that chunks come: while they do, Postgres is asked now and then whether there is more
 * than they said, and else every 50 ms.
 *
 * Invariant: one loop reads Postgres, and while a page is on its way chunks wait: the ring is appended to in the order of seq. A fault
 * leaves the ring as it was, and the next look reads on from its head. It may have been away for so long that Postgres has dropped what
 * comes next: then the ring restarts beyond, and its subscribers go on from the archive.
 */
export class EdgeTail implements Service, StreamReader {
  readonly name = 'sequencer-edge-tail'
  readonly #options: TailOptions
  readonly #wakeUp = new WakeUp()
  #ring: Ring | undefined
  #waiting: Chunk[] = []
  #isReading = false
  /** Whether the newest events came by a chunk. */
  #isFed = false
  #lookAt = 0
  /** What Postgres said at the last look: where no chunk has brought it until the next, chunks do not come. */
  #expected = 0 as Seq

  constructor(options: TailOptions) {
    this.#options = options
  }

  /** Never throws and never waits. */
  take(chunk: Chunk): void {
    const ring = this.#ring
    const isNews = ring === undefined || chunk.upto > ring.head
    // What comes late is no sign that chunks come in time; the word that a leader has begun is.
    if (isNews || chunk.events.length === 0) this.#isFed = true
    if (!isNews) return
    const followsOn = ring !== undefined && chunk.after <= ring.head && this.#waiting.length === 0
    if (followsOn && !this.#isReading) this.#append(ring, chunk)
    else this.#keep(chunk)
  }

  /** What it held before it was found is read from Postgres. */
  streamFound(): void {
    this.#lookSoon({ isFed: true })
  }

  streamLost(): void {
    this.#lookSoon({ isFed: false })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options
    let failing = false
    while (!signal.aborted) {
      try {
        // First: with the stream alone, without Postgres, it goes on as well.
        await this.#takeWaiting()
        if (performance.now() >= this.#lookAt) await this.#look()
        failing = false
      } catch (error) {
        if (!failing && !signal.aborted) logger.warn({ err: error }, 'firehose tail interrupted')
        failing = true
        this.#lookAt = performance.now() + idleTickMs
      }
      await this.#wakeUp.wait(Math.max(0, this.#lookAt - performance.now()), signal)
    }
  }

  #keep(chunk: Chunk): void {
    // Too many: the last one says how far numbering is, and Postgres has the others.
    if (this.#waiting.length >= chunksWaitingMax) this.#waiting = []
    this.#waiting.push(chunk)
    this.#wakeUp.notify()
  }

  #lookSoon({ isFed }: { isFed: boolean }): void {
    this.#isFed = isFed
    this.#lookAt = 0
    this.#expected = 0 as Seq
    this.#wakeUp.notify()
  }

  /** Asks Postgres. What it has more than was said in chunks is read there, unless a chunk brings it soon. */
  async #look(): Promise<void> {
    const { db, edge, ringBytesMax } = this.#options
    const lastSeq = await readLastSeq(db)
    if (this.#ring === undefined) {
      this.#ring = new Ring({ head: lastSeq, bytesMax: ringBytesMax })
      edge.start(this.#ring)
    }
    const ring = this.#ring
    const missed = this.#expected
    this.#expected = lastSeq
    if (this.#isFed && ring.head < missed) this.#isFed = false
    if (!this.#isFed) await this.#readUpTo(ring, lastSeq)
    const isComplete = ring.head >= lastSeq
    this.#lookAt = performance.now() + (this.#isFed && isComplete ? streamedLookMs : idleTickMs)
  }

  async #takeWaiting(): Promise<void> {
    const ring = this.#ring
    if (ring === undefined) return
    for (let chunk = this.#waiting[0]; chunk !== undefined; chunk = this.#waiting[0]) {
      if (chunk.after > ring.head) await this.#readUpTo(ring, chunk.after)
      if (chunk.upto > ring.head) this.#append(ring, chunk)
      if (this.#waiting[0] === chunk) this.#waiting.shift()
    }
  }

  /** `chunk` reaches beyond the head, and begins at or before it. */
  #append(ring: Ring, { after, upto, stampedAt, events }: Chunk): void {
    const { edge, metrics } = this.#options
    const { head } = ring
    const news = after === head ? events : events.filter(({ seq }) => seq > head)
    ring.append({ upto, events: news })
    metrics?.observe('pds_firehose_stamp_to_edge_seconds', {}, Math.max(0, Date.now() - stampedAt) / 1000)
    edge.appended(news)
  }

  async #readUpTo(ring: Ring, lastSeq: Seq): Promise<void> {
    const { db, edge, metrics } = this.#options
    this.#isReading = true
    try {
      while (ring.head < lastSeq) {
        const page = await readEvents(db, { after: ring.head, upto: lastSeq })
        metrics?.count('pds_firehose_pages_read_total', {})
        if (page.gap) {
          ring.restart(page.upto)
          edge.restarted()
        } else {
          ring.append(page)
          edge.appended(page.events)
        }
      }
    } finally {
      this.#isReading = false
    }
  }
}
