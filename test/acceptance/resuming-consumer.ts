import { setTimeout as delay } from 'node:timers/promises'
import { FirehoseConsumer, type FirehoseMessage } from './firehose-consumer.ts'

/** Follows subscribeRepos as a relay does: whenever the socket ends it comes back with the cursor of the last message. */
export class ResumingConsumer implements AsyncDisposable {
  /** How often it has come back. */
  resumed = 0
  readonly #houseUrl: string
  readonly #ended: FirehoseMessage[] = []
  readonly #running: Promise<void>
  #current: FirehoseConsumer
  #stopped = false

  private constructor(houseUrl: string, first: FirehoseConsumer) {
    this.#houseUrl = houseUrl
    this.#current = first
    this.#running = this.#run()
  }

  static async follow(houseUrl: string): Promise<ResumingConsumer> {
    return new ResumingConsumer(houseUrl, await FirehoseConsumer.follow(houseUrl))
  }

  /** All that has come, in the order of coming. */
  get messages(): FirehoseMessage[] {
    return [...this.#ended, ...this.#current.messages]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#current[Symbol.asyncDispose]()
    await this.#running
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#current.closed
      if (this.#stopped) return
      const next = await this.#resume()
      if (next === undefined) return
      this.#ended.push(...this.#current.messages)
      this.#current = next
      this.resumed++
      if (this.#stopped) await next[Symbol.asyncDispose]()
    }
  }

  /** Undefined when nobody wants it any more. */
  async #resume(): Promise<FirehoseConsumer | undefined> {
    // Who has seen nothing yet would miss what is told meanwhile.
    const cursor = this.messages.at(-1)?.seq ?? 0
    while (!this.#stopped) {
      const next = await FirehoseConsumer.follow(this.#houseUrl, { cursor }).catch(() => undefined)
      if (next !== undefined) return next
      await delay(100)
    }
    return undefined
  }
}
