import type { Tables } from '@heronry/db/tables'
import { type ExpressionBuilder, type RawBuilder, sql } from 'kysely'
import type { Dispatch } from './transport.ts'

/** The row of a job that has neither ended nor been started again. */
export function openAttempt({ id, attempt }: Dispatch) {
  return (column: ExpressionBuilder<Tables, 'job_outbox'>) =>
    column.and([
      column('id', '=', id),
      column('attempts', '=', attempt),
      column('done_at', 'is', null),
      column('dead_at', 'is', null),
    ])
}

/** The database's clock: all processes agree on it. */
export function untilMs(ms: number): RawBuilder<Date> {
  return sql<Date>`now() + ${ms} * interval '1 ms'`
}
