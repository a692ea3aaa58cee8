import type { ActorId } from '@heronry/core/ids'
import type { Transaction } from '@heronry/db/in-transaction'
import { carriedTrace } from '@heronry/telemetry/span'
import { sql } from 'kysely'
import type { JobKind } from './define-job.ts'

export interface JobRequest<P> {
  /** JSON. It may hold a secret: it never leaves Postgres, is never logged, and is blanked when the job is done. */
  payload: P
  /** At most one open job of a queue has it: enqueuing it again does nothing. A job that is running counts as open. */
  key?: string
  /** Not before this moment; default: at once. */
  runAt?: Date
  /** Of two due jobs the one with the greater number goes first; default 0. */
  priority?: number
  /** Whose it is, and which of its kind: what `listJobs` finds it by, also when it is done. */
  actorId?: ActorId | undefined
  label?: string | undefined
}

/**
 * Writes a job into the caller's transaction: it exists iff what caused it was committed, and is run at least once. A worker's next
 * poll finds it; there is no NOTIFY, which would make every commit that enqueues wait for a lock of the whole database.
 *
 * The job belongs to the trace that enqueues it. Answers its number; undefined where its key has an open job already.
 */
export async function enqueue<P>(
  tx: Transaction,
  kind: JobKind<P>,
  request: JobRequest<P>,
): Promise<bigint | undefined> {
  const trace = carriedTrace()
  const row = await tx
    .insertInto('job_outbox')
    .values({
      queue: kind.queue,
      name: kind.name,
      key: request.key ?? null,
      payload: JSON.stringify(request.payload),
      priority: request.priority ?? 0,
      run_at: request.runAt ?? sql<Date>`now()`,
      trace_context: trace && JSON.stringify(trace),
      actor_id: request.actorId ?? null,
      label: request.label ?? null,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['queue', 'key'])
        .where('key', 'is not', null)
        .where('done_at', 'is', null)
        .where('dead_at', 'is', null)
        .doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  return row?.id
}
