import type { Seq } from '@heronry/core/ids'
import type { EventPage, NumberedEvent } from '../edge/read-events.ts'
import { segmentAgeMsMax, segmentBytesFull } from '../limits.ts'
import { segmentBytesOf } from './segment-codec.ts'

/**
 * The segment that is growing, in the memory of the archiver: lost with it, and read again by the next.
 *
 * Invariant: it has every event with after < seq <= upto. Its bytes: `segmentBytesFull`, and a page.
 */
export class SegmentDraft {
  readonly after: Seq
  readonly events: NumberedEvent[] = []
  #upto: Seq
  #byteCount = 0
  #since: number | undefined

  constructor(after: Seq) {
    this.after = after
    this.#upto = after
  }

  get upto(): Seq {
    return this.#upto
  }

  /** Milliseconds since the oldest number in it was given; 0 while there is none. */
  get ageMs(): number {
    return this.#since === undefined ? 0 : Math.max(0, performance.now() - this.#since)
  }

  get isFull(): boolean {
    return this.#byteCount >= segmentBytesFull
  }

  get isDue(): boolean {
    return this.isFull || this.ageMs >= segmentAgeMsMax
  }

  /** `ageMs`: how old the first of the page is; asked of the first page alone. */
  add({ events, upto }: EventPage, ageMs: number): void {
    this.#since ??= performance.now() - ageMs
    for (const event of events) {
      this.events.push(event)
      this.#byteCount += segmentBytesOf(event)
    }
    this.#upto = upto
  }
}
