import { randomUUID } from 'node:crypto'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import { ensureEventPartitions } from '@heronry/events/partitions'
import type { Logger } from '@heronry/telemetry/logger'
import { busyTickMs, eventSeqRangeSize, idleTickMs, leaseTurnMs, reconnectMs } from '../limits.ts'
import { ensureEventSeqPartitions } from './event-seq-partitions.ts'
import { type LeaderSession, openSession } from './session.ts'
import { stamp } from './stamp.ts'
import { beginTerm, endTerm, renewTerm, type Term } from './term.ts'

export interface LeaderOptions {
  readonly db: Database
  readonly databaseUrl: string
  readonly databaseRole?: string | undefined
  readonly logger: Logger
  /** Told the last seq at the beginning of a term and after every stamping that numbered something. Never throws. */
  readonly announce: (lastSeq: Seq) => void
}

/**
 * Numbers events while it holds the lease, and stands by while another does. Any number of processes may run one.
 *
 * Invariant: whatever goes wrong (the term has ended, an answer is lost, Postgres is gone), it forgets all it knows and
 * begins another term by reading `seq_state`. It announces a seq only after the transaction that stamped it.
 */
export class Leader implements Service {
  readonly name = 'sequencer-leader'
  readonly #id = randomUUID()
  readonly #options: LeaderOptions
  #failing = false
  #epoch: bigint | undefined

  constructor(options: LeaderOptions) {
    this.#options = options
  }

  /** Of the term it leads, as far as it knows; undefined while it does not. */
  get epoch(): bigint | undefined {
    return this.#epoch
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#stand(signal).catch((error: unknown) => {
        if (!this.#failing && !signal.aborted)
          this.#options.logger.warn({ err: error }, 'sequencer leader interrupted')
        this.#failing = true
      })
      this.#epoch = undefined
      await sleep(reconnectMs, signal)
    }
  }

  /** Tries for the lease once a turn, as long as the connection lasts, and leads whenever it gets it. */
  async #stand(signal: AbortSignal): Promise<void> {
    const { databaseUrl, databaseRole: role } = this.#options
    await using session = await openSession(databaseUrl, { role })
    while (!signal.aborted) {
      const term = await beginTerm(session, { leader: this.#id })
      this.#failing = false
      if (term === null) await sleep(leaseTurnMs, signal)
      else await this.#lead({ session, term, signal })
    }
  }

  /** Resolves when the term has ended, by another's hand or, given back, by `signal`. */
  async #lead({ session, term: first, signal }: Tenure): Promise<void> {
    const { db, logger, announce } = this.#options
    logger.info({ epoch: first.epoch, lastSeq: first.lastSeq }, 'sequencer term begun')
    await ensureEventPartitions(db)
    await ensureEventSeqPartitions(db, first)
    announce(first.lastSeq)
    this.#epoch = first.epoch
    let term: Term | null = first
    let renewAt = performance.now() + leaseTurnMs
    let pauseMs = busyTickMs
    while (!signal.aborted) {
      if (performance.now() >= renewAt) {
        if (!(await renewTerm(session, first))) break
        renewAt = performance.now() + leaseTurnMs
      }
      const before: Term = term
      term = await stamp(session, before)
      if (term === null) break
      pauseMs = term === before ? Math.min(pauseMs * 2, idleTickMs) : busyTickMs
      if (term !== before) await this.#stamped(before, term)
      await sleep(pauseMs, signal)
    }
    this.#epoch = undefined
    if (term !== null && signal.aborted) await endTerm(session, first)
    else logger.warn({ epoch: first.epoch }, 'sequencer term ended by another')
  }

  async #stamped(before: Term, after: Term): Promise<void> {
    this.#options.announce(after.lastSeq)
    const range = ({ lastSeq }: Term) => Math.floor((lastSeq + 1) / eventSeqRangeSize)
    if (range(before) !== range(after)) await ensureEventSeqPartitions(this.#options.db, after)
  }
}

interface Tenure {
  session: LeaderSession
  term: Term
  signal: AbortSignal
}
