import type { Did } from '@heronry/core/did'
import type { Seq } from '@heronry/core/ids'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Chunk } from '@heronry/events/chunk'
import { subjectOfEvent } from '@heronry/events/subject'
import type { Logger } from '@heronry/telemetry/logger'
import { Redis } from 'ioredis'
import { journalCatchUpMax, journalEveryMs, journalHeardMax, redisQuestionMs } from '../limits.ts'
import type { ChunkTaker } from '../stream/chunk-feed.ts'
import { readSubjects } from './read-subjects.ts'
import type { TailJournal } from './tail-journal.ts'

export interface JournalWriterOptions {
  readonly db: Database
  readonly logger: Logger
  readonly redisUrl: string
  readonly journal: TailJournal
}

const retryMs = 1_000

/**
 * Keeps the journal at the head of numbering while this process leads. It reads chunks on their way, and Postgres where it has missed
 * some. Nothing waits for it: what it has not written yet when Postgres is rolled back is a tail of which everybody is announced again.
 */
export class JournalWriter implements Service, ChunkTaker {
  readonly name = 'sequencer-journal'
  readonly #options: JournalWriterOptions
  #wanted: Seq | undefined
  #heard: Heard | undefined
  #failing = false

  constructor(options: JournalWriterOptions) {
    this.#options = options
  }

  /** Never throws and never waits: what cannot be read of a chunk is read from Postgres, or fails there. */
  take(chunk: Chunk): void {
    this.#wanted = chunk.upto
    try {
      this.#hear(chunk)
    } catch {
      this.#heard = undefined
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const redis = new Redis(this.#options.redisUrl, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: redisQuestionMs,
      commandTimeout: redisQuestionMs,
    })
    redis.on('error', () => {})
    let written: Seq | undefined
    for (;;) {
      // Looked at first: after the end there is one more round, for what was announced last.
      const last = signal.aborted
      if (redis.status === 'ready' && this.#wanted !== undefined && this.#wanted !== written) {
        written = await this.#catchUp(redis, this.#wanted).catch((error: unknown) =>
          this.#failed(error, signal),
        )
        if (written === undefined) await sleep(retryMs, signal)
      }
      if (last) break
      await sleep(journalEveryMs, signal)
    }
    redis.disconnect()
  }

  #hear({ after, upto, events }: Chunk): void {
    if (this.#heard?.upto !== after || this.#heard.subjects.size > journalHeardMax) {
      this.#heard = { after, upto, subjects: new Map() }
    }
    for (const event of events) this.#heard.subjects.set(subjectOfEvent(event), event.seq)
    this.#heard.upto = upto
  }

  /** Goes on from where the journal is, whoever has written it; from the head where that is too far back. */
  async #catchUp(redis: Redis, upto: Seq): Promise<Seq> {
    const { db, journal } = this.#options
    const heard = this.#heard
    this.#heard = undefined
    const reach = await journal.reach(redis)
    // Beyond it: a journal of a future that was rolled back, about which verifying the term has decided.
    let after = reach === undefined || reach > upto || reach < upto - journalCatchUpMax ? upto : reach
    if (after === upto) await journal.write(redis, { after, upto, subjects: new Map<Did, Seq>() })
    while (after < upto) {
      const isHeard = heard !== undefined && heard.after <= after && after < heard.upto
      const page = isHeard ? heard : await readSubjects(db, { after, upto })
      await journal.write(redis, { ...page, after })
      after = page.upto
    }
    this.#failing = false
    return upto
  }

  #failed(error: unknown, signal: AbortSignal): undefined {
    if (!this.#failing && !signal.aborted) {
      this.#options.logger.warn({ err: error }, 'The journal of the firehose is not written')
    }
    this.#failing = true
  }
}

/** Whom the chunks with after < seq <= upto were about. */
interface Heard {
  readonly after: Seq
  upto: Seq
  readonly subjects: Map<Did, Seq>
}
