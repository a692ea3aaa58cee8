import { randomUUID } from 'node:crypto'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import { ensureEventPartitions } from '@heronry/events/partitions'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { busyTickMs, eventSeqRangeSize, idleTickMs, leaseTurnMs, reconnectMs } from '../limits.ts'
import { absentWitnessDoubts } from '../rollback/absent-witnesses.ts'
import type { Doubt } from '../rollback/doubts.ts'
import { stragglersAppear } from '../rollback/straggler-sweep.ts'
import type { TailJournal } from '../rollback/tail-journal.ts'
import { type VerifiedTerm, verifyTerm } from '../rollback/verify-term.ts'
import type { Witness } from '../rollback/witness.ts'
import type { Announced } from '../stream/chunk-feed.ts'
import { ensureEventSeqPartitions } from './event-seq-partitions.ts'
import { type LeaderSession, openSession } from './session.ts'
import { type StampedTerm, stamp } from './stamp.ts'
import { beginTerm, endTerm, renewTerm, type Term } from './term.ts'

export interface LeaderOptions {
  readonly db: Database
  readonly databaseUrl: string
  readonly databaseRole?: string | undefined
  readonly logger: Logger
  /** Told the last seq at the beginning of a term and after every stamping that numbered something. Never throws. */
  readonly announce: (announced: Announced) => void
  /** What every term is compared with before its first stamp. */
  readonly witnesses?: () => Promise<readonly Witness[]>
  readonly journal?: TailJournal | undefined
  readonly metrics?: Metrics | undefined
  /** For tests: how soon an absent witness is asked again, and how events without a number are looked for. */
  readonly witnessRetryMs?: number | undefined
  readonly sweep?: { readonly everyMs: number; readonly ageMs: number } | undefined
}

/**
 * Numbers events while it holds the lease, and stands by while another does. Any number of processes may run one.
 *
 * Invariant: whatever goes wrong (the term has ended, an answer is lost, Postgres is gone), it forgets all it knows and
 * begins another term by reading `seq_state`. It announces a seq only after the transaction that stamped it. It stamps only in
 * a term that was verified: `seq_state` may itself be of the past (`src/rollback`).
 */
export class Leader implements Service {
  readonly name = 'sequencer-leader'
  readonly #id = randomUUID()
  readonly #options: LeaderOptions
  #failing = false
  #epoch: bigint | undefined
  /** Found in the term before: the next one begins with it. */
  #suspicion: Doubt | undefined

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

  /** Resolves when the term has ended: by another's hand, by a doubt, or, given back, by `signal`. */
  async #lead({ session, term: begun, signal }: Tenure): Promise<void> {
    const { db, logger, metrics, announce, witnesses = async () => [], journal } = this.#options
    logger.info({ epoch: begun.epoch, lastSeq: begun.lastSeq }, 'sequencer term begun')
    await ensureEventPartitions(db)
    await ensureEventSeqPartitions(db, begun)
    const suspicions = this.#suspicion === undefined ? [] : [this.#suspicion]
    const deps = { db, logger, metrics, witnesses, journal }
    const verified = await verifyTerm(deps, { session, term: begun, suspicions })
    if (verified === null) return logger.warn({ epoch: begun.epoch }, 'sequencer term ended by another')
    this.#suspicion = undefined
    announce(verified.term)
    this.#epoch = verified.term.epoch
    await using doubt = this.#listen(verified)
    await this.#tick({ session, term: verified.term, signal }, doubt)
  }

  /** Stamps until the term has ended. */
  async #tick({ session, term: first, signal }: Tenure, doubt: Doubtful): Promise<void> {
    const { logger } = this.#options
    let term: StampedTerm | null = first
    // At once: verifying the term has used some of its lease.
    let renewAt = 0
    let pauseMs = busyTickMs
    while (!signal.aborted && doubt.raised === undefined) {
      if (performance.now() >= renewAt) {
        if (!(await renewTerm(session, first))) break
        renewAt = performance.now() + leaseTurnMs
      }
      const before: Term = term
      term = await stamp(session, before)
      if (term === null) break
      doubt.lastSeq = term.lastSeq
      const isIdle = term.lastSeq === before.lastSeq
      pauseMs = isIdle ? Math.min(pauseMs * 2, idleTickMs) : busyTickMs
      if (!isIdle) await this.#stamped(before, term)
      await sleep(pauseMs, signal)
    }
    this.#epoch = undefined
    if (doubt.raised !== undefined) {
      this.#suspicion = doubt.raised
      logger.error({ epoch: first.epoch, doubt: doubt.raised }, 'sequencer term ended by a doubt')
    } else if (term !== null && signal.aborted) await endTerm(session, first)
    else logger.warn({ epoch: first.epoch }, 'sequencer term ended by another')
  }

  /** Beside the stamping: witnesses that were absent are asked again, and events without a number looked for. */
  #listen({ term, absent }: VerifiedTerm): Doubtful & AsyncDisposable {
    const { db, logger, sweep, witnessRetryMs: retryMs } = this.#options
    const stopping = new AbortController()
    const { signal } = stopping
    const doubt: { raised: Doubt | undefined; lastSeq: Seq } = { raised: undefined, lastSeq: term.lastSeq }
    const raiseIf = (kind: Doubt) => (isThere: boolean) => {
      if (isThere) doubt.raised ??= kind
    }
    const hearing = { logger, retryMs, lastSeq: () => doubt.lastSeq, signal }
    const listening = [
      absentWitnessDoubts(hearing, absent).then(raiseIf('witness')),
      stragglersAppear({ db, logger, ...sweep, signal }).then(raiseIf('stragglers')),
    ]
    return Object.assign(doubt, {
      async [Symbol.asyncDispose]() {
        stopping.abort()
        await Promise.all(listening)
      },
    })
  }

  async #stamped(before: Term, after: StampedTerm): Promise<void> {
    this.#options.announce({ ...after, after: before.lastSeq })
    const range = ({ lastSeq }: Term) => Math.floor((lastSeq + 1) / eventSeqRangeSize)
    if (range(before) !== range(after)) await ensureEventSeqPartitions(this.#options.db, after)
  }
}

/** What the stamping and the listening tell each other. */
interface Doubtful {
  /** Why the term must end; undefined: it need not. */
  readonly raised: Doubt | undefined
  lastSeq: Seq
}

interface Tenure {
  session: LeaderSession
  term: Term
  signal: AbortSignal
}
