import { sleep } from '@heronry/core/sleep'

/** A flag that ends a wait: set while nobody waits, it ends the next one. */
export class Wake {
  #set = false
  #interrupt: AbortController | undefined

  set(): void {
    this.#set = true
    this.#interrupt?.abort()
  }

  /** Returns when the flag is set (and clears it), after `ms`, or when `signal` aborts. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#set) {
      this.#interrupt = new AbortController()
      await sleep(ms, AbortSignal.any([signal, this.#interrupt.signal]))
      this.#interrupt = undefined
    }
    this.#set = false
  }
}
