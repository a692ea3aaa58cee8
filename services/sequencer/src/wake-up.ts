import { setTimeout as delay } from 'node:timers/promises'

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
    const timer = new AbortController()
    const stopped = AbortSignal.any([signal, timer.signal])
    this.#waiting = () => timer.abort()
    await delay(ms, undefined, { signal: stopped }).catch((error: unknown) => {
      if (!stopped.aborted) throw error
    })
    this.#waiting = undefined
  }
}
