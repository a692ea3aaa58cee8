import { streamInheritedMax } from '../limits.ts'

/** What Redis keeps of an entry beside its bytes, about. */
const entryBytes = 100

/**
 * How many entries the stream may keep, so that ours take no more than `bytesMax`: Redis itself counts entries only.
 *
 * Invariant: the newest `#sizes.length` entries are ours, of `#byteCount` bytes. Those below them are somebody else's, or of unknown
 * fate: of them `streamInheritedMax` may stay, until ours alone fill the stream.
 */
export class StreamBudget {
  readonly #bytesMax: number
  #sizes: number[] = []
  #byteCount = 0
  #inherited = streamInheritedMax

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Counts an entry that is being added; the entries that may stay, itself included: at least one. */
  add(bytes: number): number {
    this.#sizes.push(bytes + entryBytes)
    this.#byteCount += bytes + entryBytes
    while (this.#byteCount > this.#bytesMax && this.#sizes.length > 1) {
      this.#byteCount -= this.#sizes.shift() ?? 0
      this.#inherited = 0
    }
    return this.#sizes.length + this.#inherited
  }

  /** It is not known any more which entries are ours. */
  forget(): void {
    this.#sizes = []
    this.#byteCount = 0
    this.#inherited = streamInheritedMax
  }
}
