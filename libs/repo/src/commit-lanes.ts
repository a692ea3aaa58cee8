import { setTimeout as delay } from 'node:timers/promises'
import { HeronryError } from '@heronry/core/error'
import { isOutcomeUnknown, isRowLocked } from '@heronry/db/connection-lost'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Chain } from './chain.ts'
import { type CommitOutcome, commitChains } from './commit-statement.ts'
import {
  batchBytesMax,
  batchCommitsMax,
  batchReposMax,
  commitRetryMsMax,
  laneChainsMin,
  lanesMax,
} from './limits.ts'
import { settleUnknown } from './settle-unknown.ts'

/**
 * Sends chains to Postgres in batches. No timer: a batch is what one turn of the event loop made ready, or what was queued while the
 * statements before it were in flight, so that an idle house commits at once and a busy one in bulk. Another lane opens for what would be a
 * batch of its own: fewer and fuller statements cost less.
 *
 * Invariant: a repo has at most one chain here (its queue in engine.ts waits for the outcome), so chains of a batch are of different repos.
 */
export class CommitLanes {
  readonly #db: Database
  readonly #logger: Logger
  readonly #queue: Ticket[] = []
  #inFlight = 0
  #isWoken = false

  constructor({ db, logger }: { db: Database; logger: Logger }) {
    this.#db = db
    this.#logger = logger
  }

  /** Resolves with what became of the chain. Rejects for a fault of the statement itself. */
  commit(chain: Chain): Promise<CommitOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<CommitOutcome>()
    this.#queue.push({ chain, resolve, reject })
    this.#wake()
    return promise
  }

  /** Not at once: what is ready in one turn of the event loop goes together. */
  #wake(): void {
    if (this.#isWoken) return
    this.#isWoken = true
    setImmediate(() => {
      this.#isWoken = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#inFlight < lanesMax && this.#queue.length > this.#inFlight * laneChainsMin) {
      this.#inFlight++
      this.#send(this.#nextBatch()).finally(() => {
        this.#inFlight--
        this.#pump()
      })
    }
  }

  #nextBatch(): Ticket[] {
    let commits = 0
    let bytes = 0
    let count = 0
    for (const { chain } of this.#queue) {
      commits += chain.events.length
      bytes += chain.size
      const full = count >= batchReposMax || commits > batchCommitsMax || bytes > batchBytesMax
      if (count > 0 && full) break
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #send(batch: readonly Ticket[]): Promise<void> {
    try {
      const chains = batch.map((ticket) => ticket.chain)
      const outcomes = await commitChains(this.#db, chains)
      for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as CommitOutcome)
    } catch (error) {
      // Not awaited: whoever holds one of these repos must not hold up a lane.
      if (isOutcomeUnknown(error)) void this.#settle(batch, error)
      else if (batch.length > 1) for (const ticket of batch) await this.#send([ticket])
      else batch[0]?.reject(error)
    }
  }

  /** Asks for the outcome of each chain until Postgres answers, for as long as a client would wait. */
  async #settle(batch: readonly Ticket[], cause: unknown): Promise<void> {
    this.#logger.warn({ err: cause, repos: batch.length }, 'connection lost with commits in flight')
    const deadline = performance.now() + commitRetryMsMax
    await Promise.all(batch.map((ticket) => this.#settleOne(ticket, deadline)))
  }

  /**
   * Where the head has not moved the same chain is sent again, and only the same: should the lost statement be carried out after all,
   * whichever comes second finds the head it wanted to make.
   */
  async #settleOne({ chain, resolve, reject }: Ticket, deadline: number): Promise<void> {
    for (let cause: unknown; ; await delay(50)) {
      try {
        const settled = await settleUnknown(this.#db, chain)
        if (settled === 'unknowable') return reject(unknown(cause))
        if (settled !== 'unchanged') return resolve(settled)
        const [again] = await commitChains(this.#db, [chain])
        if (again !== undefined && again.status !== 'lost') return resolve(again)
      } catch (error) {
        if (!isOutcomeUnknown(error) && !isRowLocked(error)) return reject(error)
        cause = error
      }
      if (performance.now() > deadline) return reject(unknown(cause))
    }
  }
}

function unknown(cause: unknown): HeronryError {
  const message = 'Whether the write was made is not known: look before you try again'
  return new HeronryError('ServiceUnavailable', message, { cause })
}

interface Ticket {
  chain: Chain
  resolve: (outcome: CommitOutcome) => void
  reject: (error: unknown) => void
}
