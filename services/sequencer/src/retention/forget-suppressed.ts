import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'

/** Forgets deletions before which nothing is kept any more, in Postgres or in the archive. */
export async function forgetSuppressed(db: Database): Promise<void> {
  await sql`
    DELETE FROM event_suppress WHERE upto_seq < least(
      (SELECT last_seq FROM seq_state),
      (SELECT min(after_seq) FROM event_segment),
      (SELECT min(seq) FROM event_seq WHERE hour >= (
         SELECT min(substring(c.relname FROM '^event_h([0-9]+)$')::int) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'event'::regclass)))`.execute(db)
}
