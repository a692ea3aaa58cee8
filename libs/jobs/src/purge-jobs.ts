import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { deadRetentionMs, doneRetentionMs, purgeRowsMax } from './limits.ts'

/** Deletes the rows of jobs that ended long ago, a bounded number at a time. */
export async function purgeJobs(db: Database, queue: string): Promise<void> {
  await sql`
    DELETE FROM job_outbox WHERE id IN (
      SELECT id FROM job_outbox
      WHERE queue = ${queue} AND (done_at < now() - ${doneRetentionMs} * interval '1 ms'
         OR dead_at < now() - ${deadRetentionMs} * interval '1 ms')
      LIMIT ${purgeRowsMax} FOR UPDATE SKIP LOCKED)`.execute(db)
}
