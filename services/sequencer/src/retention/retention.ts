import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { archivedEventsMs, retentionTurnMs, sweepTurnMs } from '../limits.ts'
import { dropEventPartitions } from './drop-event-partitions.ts'
import { dropEventSeqPartitions } from './drop-event-seq-partitions.ts'
import { dropSegments } from './drop-segments.ts'
import { forgetSuppressed } from './forget-suppressed.ts'
import { sweepStrays } from './sweep-strays.ts'

export interface RetentionOptions {
  readonly db: Database
  readonly logger: Logger
  /** Of the archive; undefined: there is none, and Postgres keeps everything. */
  readonly objects: BlobObjects | undefined
  /** How long events are kept and replayed (`PDS_REPO_BACKFILL_LIMIT_MS`). */
  readonly keptMs: number
  /** Of the term this process leads; undefined while it does not. */
  readonly epoch: () => bigint | undefined
}

/**
 * Drops what has become too old, in the process that leads: events from Postgres, then the numbers that speak of them, then the
 * segments of the archive.
 *
 * Every step reads what is true and may be repeated or done by two at once; that only the leader does it saves work, nothing else.
 */
export class Retention implements Service {
  readonly name = 'sequencer-retention'
  readonly #options: RetentionOptions
  #overdue: number | undefined
  #sweptAt = 0

  constructor(options: RetentionOptions) {
    this.#options = options
  }

  /** Partitions that should have been dropped and were not; undefined where this process does not lead. */
  get overdue(): number | undefined {
    return this.#overdue
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#options.epoch() === undefined) this.#overdue = undefined
      else {
        await this.turn().catch((error: unknown) => {
          if (!signal.aborted) this.#options.logger.error({ err: error }, 'old events not dropped')
        })
      }
      await sleep(retentionTurnMs, signal)
    }
  }

  async turn(): Promise<void> {
    const { db, logger, objects, keptMs } = this.#options
    const archived = objects !== undefined
    const inPostgresMs = archived ? Math.min(keptMs, archivedEventsMs) : keptMs
    this.#overdue = await dropEventPartitions({ db, logger, keptMs: inPostgresMs, archived })
    await dropEventSeqPartitions(db)
    await dropSegments({ db, objects, keptMs })
    if (Date.now() - this.#sweptAt < sweepTurnMs) return
    await forgetSuppressed(db)
    if (objects !== undefined) await sweepStrays({ db, objects }, { keptMs })
    this.#sweptAt = Date.now()
  }
}
