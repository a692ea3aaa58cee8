/**
 * Lets the sequencer look for new events in the partitions of the last hours only, instead of in all of three days. Locks: SHARE on every
 * partition of `event` while its index is built, ACCESS EXCLUSIVE on `event` for a moment. The index it replaces goes at once: nothing was
 * released that needs it.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

const statements = [
  `CREATE FUNCTION event_hour(at timestamptz) RETURNS int
   LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT floor(extract(epoch FROM at) / 3600)::int $$`,
  // The hour after the transaction has its number, not when it began: no event is of an hour before its xid was drawn.
  `ALTER TABLE event ALTER COLUMN hour
   SET DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL THEN event_hour(clock_timestamp()) END`,
  `CREATE INDEX event_hour_xid ON event (hour, xid)`,
  `DROP INDEX event_xid`,
]
