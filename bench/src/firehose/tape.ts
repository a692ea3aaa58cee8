/** The moments are of the monotonic clock, which all threads share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

const firstBytes = 1 << 20

/**
 * What all subscribers of one stream have been sent. Whoever is the first to reach a place writes it down, the others are compared
 * with it: each byte of each subscriber is looked at, and none is kept twice.
 */
export class Tape {
  #bytes = Buffer.allocUnsafe(firstBytes)
  #length = 0
  /** Of each message: where it ends, and when its last byte came to the first who got it. */
  readonly #ends: number[] = []
  readonly #times: number[] = []

  /** Bytes that lie at `place`. @returns whether they are what others have got */
  take(place: number, bytes: Buffer): boolean {
    const known = Math.min(bytes.length, this.#length - place)
    if (known > 0 && bytes.compare(this.#bytes, place, place + known, 0, known) !== 0) return false
    if (known < bytes.length) this.#append(bytes.subarray(known))
    return true
  }

  /** The `index`-th message ends at `place`. @returns whether it does for all */
  end(index: number, place: number): boolean {
    if (index === this.#ends.length) {
      this.#ends.push(place)
      this.#times.push(nowMs())
    }
    return this.#ends[index] === place
  }

  recorded(): Recording {
    const bytes = new Uint8Array(this.#bytes.subarray(0, this.#length))
    return { bytes, ends: this.#ends, times: this.#times }
  }

  #append(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    bytes.copy(this.#bytes, this.#length)
    this.#length = length
  }
}

export interface Recording {
  readonly bytes: Uint8Array
  readonly ends: readonly number[]
  readonly times: readonly number[]
}
