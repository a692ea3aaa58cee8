/**
 * The contract of one kind of job, declared next to whoever enqueues it: the producer knows this and no handler.
 */
export interface JobKind<P> {
  /** Which workers run it; one service owns a queue. */
  readonly queue: string
  readonly name: string
  /**
   * Reads a stored payload back, of an older version, too: a row may have waited while the house was updated. What it throws ends the job as
   * poison, without a retry.
   */
  parse(payload: unknown, enqueuedAt?: Date): P
}

export function defineJob<P>(kind: JobKind<P>): JobKind<P> {
  return kind
}
