import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import type { Logger } from '@heronry/telemetry/logger'
import type { Metrics } from '@heronry/telemetry/metrics'
import { carriedContext, inSpan, SpanKind } from '@heronry/telemetry/span'
import { type ClaimedJob, claimJob } from './claim-job.ts'
import { Deferral } from './deferral.ts'
import { buryJob, completeJob, deferJob, postponeJob } from './end-job.ts'
import { errorText } from './error-text.ts'
import type { JobHandler } from './handler.ts'
import { keepLease } from './keep-lease.ts'
import { PermanentFailure } from './permanent-failure.ts'
import { retryDelay } from './retry-delay.ts'
import type { Dispatch } from './transport.ts'

export interface RunDeps {
  db: Database
  logger: Logger
  metrics?: Metrics | undefined
  /** By the name of their kind. */
  handlers: ReadonlyMap<string, JobHandler>
  /** Aborts what still runs when the worker's patience ends. */
  stopped: AbortSignal
}

/**
 * Starts one job, unless another delivery of this dispatch has, and ends it: done, put off, or dead. Rejects only where Postgres
 * does not answer; the lease repairs that.
 *
 * kill -9 in the handler → the lease expires after runLeaseMs and the next attempt starts.
 */
export async function runDispatch(deps: RunDeps, dispatch: Dispatch): Promise<void> {
  const job = await claimJob(deps.db, dispatch, [...deps.handlers.keys()])
  const handler = job && deps.handlers.get(job.name)
  if (job === undefined || handler === undefined) return
  const logger = deps.logger.child({ job: String(job.id), kind: job.name, attempt: job.attempt })
  const payload = parsed(job, handler)
  if (payload instanceof Poison) return bury({ ...deps, logger }, job, { error: payload.error, handler })
  if (triesOf(job) > handler.retryDelaysMs.length + 1) {
    return bury({ ...deps, logger }, job, { error: 'Its last attempt ended without a word', handler })
  }
  const attributes = { 'messaging.destination.name': handler.kind.queue, 'job.attempt': job.attempt }
  const span = { kind: SpanKind.CONSUMER, parent: carriedContext(job.trace), attributes }
  const attempt = { job, handler, payload }
  await inSpan(`job ${job.name}`, span, () => runAttempt({ ...deps, logger }, attempt))
}

interface Attempt {
  job: ClaimedJob
  handler: JobHandler
  payload: unknown
}

async function runAttempt(deps: RunDeps, attempt: Attempt): Promise<void> {
  const { db, logger, stopped } = deps
  const { job, handler, payload } = attempt
  let completed = false
  using lease = keepLease({ db, logger }, { job, isCompleted: () => completed })
  const timeout = AbortSignal.timeout(handler.timeoutMs)
  const signal = AbortSignal.any([timeout, lease.lost, stopped])
  const startedAt = performance.now()
  try {
    const complete = async (tx: Transaction) => {
      await completeJob(tx, job, handler)
      completed = true
    }
    const { id, attempt: number } = job
    await beforeAbort(handler.run({ id, payload, attempt: number, signal, complete }), signal)
    if (!completed) await inTransaction(db, { name: 'complete-job' }, (tx) => completeJob(tx, job, handler))
    measure(deps, attempt, { startedAt, result: 'done' })
    logger.info({ ms: Math.round(performance.now() - startedAt) }, 'job done')
  } catch (error) {
    if (error instanceof Deferral && !stopped.aborted) return deferJob(db, job, error.delayMs)
    measure(deps, attempt, { startedAt, result: 'failed' })
    await endFailed(deps, attempt, error)
  }
}

function measure(
  { metrics }: RunDeps,
  { handler }: Attempt,
  { startedAt, result }: { startedAt: number; result: 'done' | 'failed' },
): void {
  const { queue } = handler.kind
  metrics?.observe('pds_job_duration_seconds', { queue, result }, (performance.now() - startedAt) / 1000)
}

/** An attempt that does not obey its signal is left behind: its outcome no longer counts. */
async function beforeAbort(running: Promise<void>, signal: AbortSignal): Promise<void> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    await Promise.race([running, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

async function endFailed(deps: RunDeps, { job, handler }: Attempt, cause: unknown): Promise<void> {
  const error = errorText(cause, job.payload)
  if (deps.stopped.aborted) return postponeJob(deps.db, job, { error, delayMs: 0 })
  const delayMs = cause instanceof PermanentFailure ? null : retryDelay(handler.retryDelaysMs, triesOf(job))
  const isForeseen = cause instanceof PermanentFailure
  if (delayMs === null) return bury(deps, job, { error, handler, isForeseen })
  deps.metrics?.count('pds_jobs_failed_total', { queue: handler.kind.queue, outcome: 'retried' })
  deps.logger.warn({ error, retryInMs: Math.round(delayMs) }, 'job failed')
  await postponeJob(deps.db, job, { error, delayMs })
}

function triesOf({ attempt, deferrals }: ClaimedJob): number {
  return attempt - deferrals
}

async function bury(
  { db, logger, metrics }: RunDeps,
  job: ClaimedJob,
  end: { error: string; handler: JobHandler; isForeseen?: boolean },
): Promise<void> {
  await buryJob(db, job, end)
  metrics?.count('pds_jobs_failed_total', { queue: end.handler.kind.queue, outcome: 'dead' })
  // What a handler has refused, such as a mail to nobody, is no fault of the house.
  logger[end.isForeseen ? 'warn' : 'error']({ error: end.error }, 'job dead')
}

/** A payload that its kind cannot read: no further attempt could. */
class Poison {
  readonly error: string
  constructor(error: string) {
    this.error = error
  }
}

function parsed(job: ClaimedJob, handler: JobHandler): unknown {
  try {
    return handler.kind.parse(job.payload, job.enqueuedAt)
  } catch (error) {
    return new Poison(errorText(error, job.payload))
  }
}
