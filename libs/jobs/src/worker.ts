import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import { ensureRecurring } from './every.ts'
import type { JobHandler } from './handler.ts'
import { concurrencyDefault, purgeEveryMs } from './limits.ts'
import { purgeJobs } from './purge-jobs.ts'
import { workQueue } from './queue-worker.ts'

export interface WorkerOptions {
  db: Database
  /** Without it leased jobs run in this process. */
  redisUrl?: string | undefined
  logger: Logger
  handlers: readonly JobHandler[]
  /** Jobs of one queue that run in this process at once. */
  concurrency?: number
}

/**
 * Works every queue its handlers belong to. Any number of processes may work the same queues; a process works only the kinds it
 * has handlers for.
 */
export function createWorker(options: WorkerOptions): Service {
  const { db, logger, handlers, redisUrl, concurrency = concurrencyDefault } = options
  const queues = Map.groupBy(handlers, (handler) => handler.kind.queue)
  return {
    name: 'jobs',
    async run(signal) {
      const deps = { db, logger, redisUrl, concurrency }
      const working = [...queues].map(([queue, own]) => workQueue(deps, { queue, handlers: own }, signal))
      await Promise.all([...working, housekeep(options, [...queues.keys()], signal)])
    },
  }
}

/** Keeps the recurring jobs' rows there, and drops the rows of jobs that ended long ago. */
async function housekeep(
  { db, logger, handlers }: WorkerOptions,
  queues: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await ensureRecurring(db, handlers)
      for (const queue of queues) await purgeJobs(db, queue)
    } catch (error) {
      logger.warn({ error: String(error) }, 'job housekeeping failed')
    }
    await sleep(purgeEveryMs, signal)
  }
}
