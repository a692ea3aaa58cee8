/** A flag that anybody may set and one loop waits for. A wake-up before the wait is not lost; many of them are one. */
export class WakeUp {
  #set = false
  #waiting: (() => void) | undefined

  notify(): void {
    this.#set = true
    this.#waiting?.()
  }

  /** Resolves when notified, after `ms`, or when `signal` aborts; lowers the flag. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#set && !signal.aborted) await this.#notified(ms, signal)
    this.#set = false
  }

  async #notified(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = () => resolve()
    const timer = setTimeout(wake, ms)
    signal.addEventListener('abort', wake)
    this.#waiting = wake
    await promise
    this.#waiting = undefined
    signal.removeEventListener('abort', wake)
    clearTimeout(timer)
  }
}
