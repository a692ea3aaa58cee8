import { fanOutPauseMsMax, fanOutShare, fanOutShareMax } from '../limits.ts'

/**
 * Lets everybody have what is new, as soon as it is there, but not too often: a turn is followed by a pause, the longer the turn took, and
 * whatever comes meanwhile goes out in one write to each socket.
 *
 * A write costs 4 to 6 µs whatever its size: with one subscriber a turn takes less than events are apart, and nothing waits; with ten the
 * events of two stampings go out together; with 100 and more those of 20 ms.
 */
export class FanOut {
  readonly #everybody: () => void
  #notBefore = 0
  #timer: NodeJS.Timeout | undefined

  constructor(everybody: () => void) {
    this.#everybody = everybody
  }

  request(): void {
    if (this.#timer !== undefined) return
    const waitMs = this.#notBefore - performance.now()
    if (waitMs <= 0) this.#turn()
    else this.#timer = setTimeout(() => this.#turn(), waitMs)
  }

  #turn(): void {
    this.#timer = undefined
    const begunAt = performance.now()
    this.#everybody()
    const tookMs = performance.now() - begunAt
    this.#notBefore = begunAt + fanOutIntervalMs(tookMs)
  }
}

/** From the beginning of a turn to that of the next, at least. */
export function fanOutIntervalMs(tookMs: number): number {
  return Math.max(Math.min(tookMs / fanOutShare, fanOutPauseMsMax), tookMs / fanOutShareMax)
}
