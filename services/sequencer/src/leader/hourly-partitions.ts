import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import { ensureEventPartitions } from '@heronry/events/partitions'
import type { Logger } from '@heronry/telemetry/logger'

const turnMs = 3_600_000
const retryMs = 60_000

/** Keeps the partitions of `event` 48 hours ahead; it may fail for two days before a write notices. */
export function hourlyPartitions({ db, logger }: { db: Database; logger: Logger }): Service {
  return {
    name: 'event-partitions',
    async run(signal) {
      while (!signal.aborted) {
        const made = await ensureEventPartitions(db).then(
          () => true,
          (error: unknown) => {
            logger.error({ err: error }, 'event partitions not made')
            return false
          },
        )
        await sleep(made ? turnMs : retryMs, signal)
      }
    },
  }
}
