import type { Transaction } from '@heronry/db/in-transaction'
import type { JobKind } from './define-job.ts'
import { attemptTimeoutMs, retryDelaysMs } from './limits.ts'

/** One start of a job's handler. */
export interface JobRun<P> {
  /** The outbox row: the same for every attempt, and so the key by which a handler recognizes its own earlier work. */
  id: bigint
  payload: P
  /** 1 for the first. */
  attempt: number
  /** Aborts when the attempt has timed out, has lost its lease, or its worker stops. */
  signal: AbortSignal
  /**
   * Ends the job in the handler's own transaction: its effect and the end commit together, or neither does. Throws where a later
   * attempt has taken over. A handler that never calls it ends its job by resolving.
   */
  complete(tx: Transaction): Promise<void>
}

export interface HandlerOptions {
  timeoutMs: number
  /** One wait before each further attempt. */
  retryDelaysMs: readonly number[]
  /** A recurring job: it is there from the worker's start on, and the next run is due this long after the end of one. */
  everyMs?: number
}

/** What a worker runs for one kind. At least once: a handler makes its effect idempotent by the row's id. */
export interface JobHandler extends HandlerOptions {
  readonly kind: JobKind<unknown>
  run(job: JobRun<unknown>): Promise<void>
}

export function handle<P>(
  kind: JobKind<P>,
  run: (job: JobRun<P>) => Promise<void>,
  options: Partial<HandlerOptions> = {},
): JobHandler {
  return {
    timeoutMs: attemptTimeoutMs,
    retryDelaysMs,
    ...options,
    kind,
    run: run as (job: JobRun<unknown>) => Promise<void>,
  }
}
