/**
 * Lets the sequencer look for new events in the partitions of the last hours only, instead of in all of three days. Locks: ACCESS EXCLUSIVE on
 * `event` and its partitions for a moment (no rewrite).
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
  // Who reads events reads a partition by its name, too. The role is not there where whoever migrates may not make roles.
  `CREATE FUNCTION show_partition(name text) RETURNS void
   LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'heronry_sequencer') THEN
       EXECUTE format('GRANT SELECT ON %I TO heronry_sequencer', name);
     END IF;
   END $$`,
  `REVOKE EXECUTE ON FUNCTION show_partition(text) FROM PUBLIC`,
  `SELECT show_partition(inhrelid::regclass::text) FROM pg_inherits WHERE inhparent = 'event'::regclass`,
  // As in 0002, and shown.
  `CREATE OR REPLACE FUNCTION attach_partition(parent text, name text, first_value bigint, end_value bigint) RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   BEGIN
     IF NOT (parent = 'event' AND name ~ '^event_h[0-9]+$' OR parent = 'event_seq' AND name ~ '^event_seq_[0-9]+$') THEN
       RAISE EXCEPTION 'not a partition of ours: % of %', name, parent;
     END IF;
     EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
     IF parent = 'event' THEN
       PERFORM show_partition(name);
     END IF;
     EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, name, first_value, end_value);
   END $$`,
]
