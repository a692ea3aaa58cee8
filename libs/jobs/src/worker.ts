import type { Service } from '@heronry/core/service'
import { sleep } from '@heronry/core/sleep'
import type { Database } from '@heronry/db/database'
import { listen } from '@heronry/db/listen'
import type { Logger } from '@heronry/telemetry/logger'
import { ensureRecurring } from './every.ts'
import type { JobHandler } from './handler.ts'
import { concurrencyDefault, purgeEveryMs } from './limits.ts'
import { purgeJobs } from './purge-jobs.ts'
import { workQueue } from './queue-worker.ts'
import { Wake } from './wake.ts'
import { wakeChannel } from './wake-channel.ts'

export interface WorkerOptions {
  db: Database
  /** Without it leased jobs run in this process. */
  redisUrl?: string | undefined
  /** Where wake-ups are heard, past any pooler. Without it a fresh job waits for the next poll, up to a second. */
  databaseUrl?: string | undefined
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
  const wakes = new Map([...queues.keys()].map((queue) => [queue, new Wake()]))
  return {
    name: 'jobs',
    async run(signal) {
      const deps = { db, logger, redisUrl, concurrency }
      const working = [...queues].map(([queue, own]) => {
        const wake = wakes.get(queue) as Wake
        return workQueue(deps, { queue, handlers: own, wake }, signal)
      })
      await Promise.all([
        ...working,
        housekeep(options, [...queues.keys()], signal),
        hear(options, wakes, signal),
      ])
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

async function hear(
  { databaseUrl, logger }: WorkerOptions,
  wakes: ReadonlyMap<string, Wake>,
  signal: AbortSignal,
): Promise<void> {
  if (databaseUrl === undefined) return
  await listen(
    {
      url: databaseUrl,
      channel: wakeChannel,
      onNotify: (queue) => wakes.get(queue)?.set(),
      onError: (error) => logger.warn({ error: error.message }, 'wake-ups not heard'),
    },
    signal,
  )
}
