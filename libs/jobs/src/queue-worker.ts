import type { Dependencies } from '@heronry/core/dependencies'
import type { Database } from '@heronry/db/database'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { bullTransport } from './bull-transport.ts'
import type { JobHandler } from './handler.ts'
import { leaseJobs, returnJobs } from './lease-jobs.ts'
import { abortGraceMs, pollEveryMs, stopGraceMs } from './limits.ts'
import { localTransport } from './local-transport.ts'
import { runDispatch } from './run-dispatch.ts'
import { type Dispatch, type RunDispatch, type Transport, TransportAway } from './transport.ts'
import { Wake } from './wake.ts'

export interface QueueDeps {
  db: Database
  logger: Logger
  metrics?: Metrics | undefined
  dependencies?: Dependencies | undefined
  redisUrl?: string | undefined
  concurrency: number
}

interface QueueJobs {
  queue: string
  handlers: readonly JobHandler[]
}

/**
 * Works one queue until `signal` aborts: leases what is due, dispatches it, and runs what the transport brings. Then it leases no
 * more, waits for its handlers, aborts them after stopGraceMs, and leaves whatever still does not end to its lease.
 */
export async function workQueue(deps: QueueDeps, jobs: QueueJobs, signal: AbortSignal): Promise<void> {
  const active = new Set<Promise<void>>()
  const patience = new AbortController()
  const { queue } = jobs
  const { db, metrics } = deps
  // Set when a handler has ended: there is room, and perhaps a job that it enqueued.
  const wake = new Wake()
  const logger = deps.logger.child({ queue })
  const handlers = new Map(jobs.handlers.map((handler) => [handler.kind.name, handler]))
  const run: RunDispatch = async (job) => {
    const running = runDispatch({ db, logger, metrics, handlers, stopped: patience.signal }, job)
      .catch((error) =>
        logger.error({ error: String(error), job: String(job.id) }, 'job outcome not written'),
      )
      .then(() => void active.delete(running))
    active.add(running)
    await running
    wake.set()
  }
  await using transport = openTransport({ ...deps, logger }, { queue, run, onReady: () => wake.set() })
  const names = [...handlers.keys()]
  const outage = outageLog(logger)
  while (!signal.aborted) {
    const leased = await leaseRound({ db, transport }, { queue, names }).then(outage.over, outage.failed)
    if (leased === 0) await wake.wait(pollEveryMs, signal)
  }
  transport.stop()
  await ended(active, stopGraceMs)
  patience.abort(new Error('The worker stops'))
  await ended(active, abortGraceMs)
}

function openTransport(
  { redisUrl, concurrency, logger, dependencies }: QueueDeps,
  { queue, run, onReady }: { queue: string; run: RunDispatch; onReady: () => void },
): Transport {
  return redisUrl === undefined
    ? localTransport({ concurrency, run })
    : bullTransport({ redisUrl, queue, concurrency, logger, dependencies, run, onReady })
}

/**
 * Rounds that find no transport are one outage: said once, when the second in a row finds none (the first may come before the first
 * connection), and once when it is over.
 */
function outageLog(logger: Logger) {
  let missed = 0
  return {
    failed(error: unknown): number {
      const passing = error instanceof TransportAway
      if (passing) missed += 1
      logger[passing && missed !== 2 ? 'debug' : 'warn']({ error: String(error) }, 'no jobs leased')
      return 0
    },
    over(leased: number): number {
      if (missed >= 2) logger.info('jobs are leased again')
      missed = 0
      return leased
    },
  }
}

/** Returns how many jobs were dispatched. */
async function leaseRound(
  { db, transport }: { db: Database; transport: Transport },
  { queue, names }: { queue: string; names: readonly string[] },
): Promise<number> {
  const max = await transport.room()
  if (max <= 0) return 0
  const due: Dispatch[] = await leaseJobs(db, { queue, names, max })
  try {
    if (due.length > 0) await transport.dispatch(due)
  } catch (error) {
    await returnJobs(db, due)
    throw error
  }
  return due.length
}

async function ended(active: ReadonlySet<Promise<void>>, withinMs: number): Promise<void> {
  if (active.size === 0) return
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, withinMs)
  await Promise.race([Promise.all(active), late.promise])
  clearTimeout(timer)
}
