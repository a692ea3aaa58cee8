import { setTimeout as delay } from 'node:timers/promises'
import { XRPCError } from '@atproto/api'
import type { Person } from './person.ts'

/** How long a client goes on trying before it calls the house down. */
const patienceMs = 20_000
const retryDelayMs = 100

/**
 * A person's client that posts without pause and tries again whatever the protocol lets one try again: a broken connection and
 * any 5xx. Every other failure is a failure of the house. Each write names its record, so that doing it twice is doing it once.
 */
export class PersistentWriter {
  /** at:// URI → the CID that the house has acknowledged. */
  readonly acknowledged = new Map<string, string>()
  retries = 0
  longestMs = 0
  readonly #person: Person

  constructor(person: Person) {
    this.#person = person
  }

  /** Rejects with the first failure that no retry heals. */
  async writeUntil(signal: AbortSignal): Promise<void> {
    for (let index = 0; !signal.aborted; index++) {
      await this.#write(`post-${index}`)
      if (index % 10 === 0) await this.#persist(() => this.#person.agent.com.atproto.server.getSession())
    }
  }

  async #write(rkey: string): Promise<void> {
    const { agent, did } = this.#person
    const record = { $type: 'com.example.note', text: rkey, createdAt: new Date().toISOString() }
    const { data } = await this.#persist(() =>
      agent.com.atproto.repo.putRecord({ repo: did, collection: 'com.example.note', rkey, record }),
    )
    this.acknowledged.set(data.uri, data.cid)
  }

  async #persist<T>(act: () => Promise<T>): Promise<T> {
    const begun = Date.now()
    for (;;) {
      try {
        const result = await act()
        this.longestMs = Math.max(this.longestMs, Date.now() - begun)
        return result
      } catch (error) {
        if (!isRetryable(error) || Date.now() - begun > patienceMs) throw error
        this.retries++
        await delay(retryDelayMs)
      }
    }
  }
}

/** The client gives a broken connection the status 1. */
function isRetryable(error: unknown): boolean {
  return error instanceof XRPCError && (error.status === 1 || error.status >= 500)
}
