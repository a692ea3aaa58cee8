import { HeronryError } from '@heronry/core/error'

/**
 * Lets so many in at the same time, and so many wait, in the order of their coming; who comes later is turned away with
 * `ServiceUnavailable`.
 */
export class Gate {
  readonly #concurrencyMax: number
  readonly #queueMax: number
  readonly #queue: (() => void)[] = []
  #inside = 0

  constructor({ concurrencyMax, queueMax }: { concurrencyMax: number; queueMax: number }) {
    this.#concurrencyMax = concurrencyMax
    this.#queueMax = queueMax
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.#concurrencyMax) this.#inside++
    else await this.#turn()
    try {
      return await work()
    } finally {
      const next = this.#queue.shift()
      // Whoever waits takes the place that becomes free: nobody can slip in between.
      if (next === undefined) this.#inside--
      else next()
    }
  }

  #turn(): Promise<void> {
    if (this.#queue.length >= this.#queueMax) {
      throw new HeronryError('ServiceUnavailable', 'Too many logins at once. Please try again.')
    }
    return new Promise((resolve) => this.#queue.push(resolve))
  }
}
