import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import type { Logger } from '@heronry/telemetry/logger'
import { crawlTurnMs } from '../limits.ts'
import { dueCrawls } from './due-crawls.ts'
import { requestCrawl } from './relay-jobs.ts'

/**
 * Turns what is due into jobs. Any number of processes may do so: an open job of a relay and community is the only one. Nothing is
 * remembered here, so a process that ends forgets nothing.
 */
export function crawlRequests({ db, logger }: { db: Database; logger: Logger }): Service {
  return {
    name: 'sequencer-crawl-requests',
    async run(signal) {
      let atStart = true
      while (!signal.aborted) {
        try {
          await enqueueDue(db, atStart)
          atStart = false
        } catch (error) {
          logger.warn({ err: error }, 'crawl requests not enqueued')
        }
        await sleep(crawlTurnMs, signal)
      }
    },
  }
}

async function enqueueDue(db: Database, atStart: boolean): Promise<void> {
  const due = await dueCrawls(db, { atStart })
  if (due.length === 0) return
  await inTransaction(db, { name: 'request crawls' }, async (tx) => {
    for (const { communityId, relay } of due) {
      await enqueue(tx, requestCrawl, {
        payload: { communityId, relay },
        key: `crawl:${communityId}:${relay}`,
      })
    }
  })
}
