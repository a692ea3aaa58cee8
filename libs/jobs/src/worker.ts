import type { Dependencies } from '@heronry/core/dependencies'
import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { ensureRecurring } from './every.ts'
import type { JobHandler } from './handler.ts'
import { concurrencyDefault, purgeEveryMs } from './limits.ts'
import { purgeJobs } from './purge-jobs.ts'
import { type QueueBacklog, queueBacklog } from './queue-backlog.ts'
import { workQueue } from './queue-worker.ts'

export interface WorkerOptions {
  db: Database
  /** Without it leased jobs run in this process. */
  redisUrl?: string | undefined
  logger: Logger
  metrics?: Metrics | undefined
  dependencies?: Dependencies | undefined
  handlers: readonly JobHandler[]
  /** Jobs of one queue that run in this process at once. */
  concurrency?: number
}

/**
 * Works every queue its handlers belong to. Any number of processes may work the same queues; a process works only the kinds it
 * has handlers for.
 */
export function createWorker(options: WorkerOptions): Service {
  const { handlers, metrics, concurrency = concurrencyDefault } = options
  const queues = Map.groupBy(handlers, (handler) => handler.kind.queue)
  if (metrics) observeBacklog(metrics, { db: options.db, queues: [...queues.keys()] })
  return {
    name: 'jobs',
    async run(signal) {
      const deps = { ...options, concurrency }
      const working = [...queues].map(([queue, own]) => workQueue(deps, { queue, handlers: own }, signal))
      await Promise.all([...working, housekeep(options, [...queues.keys()], signal)])
    },
  }
}

function observeBacklog(metrics: Metrics, { db, queues }: { db: Database; queues: readonly string[] }): void {
  const backlog = async (value: (backlog: QueueBacklog) => number) =>
    (await queueBacklog(db, queues)).map((it) => ({ labels: { queue: it.queue }, value: value(it) }))
  metrics.gauge('pds_jobs_pending', () => backlog(({ pending }) => pending))
  metrics.gauge('pds_jobs_oldest_age_seconds', () => backlog(({ oldestSeconds }) => oldestSeconds))
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
