/**
 * The events' archive and its index, and what lets the sequencer drop old partitions without owning a table.
 *
 * Locks: SHARE on `event_seq` while its index by hour is made: numbering waits for it, about a second for five million rows; commits
 * do not. ACCESS SHARE on the tables that are granted.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...archive, dropEventPartition, dropEventSeqPartition]) {
    await sql.raw(statement).execute(db)
  }
  const { rows } = await sql<{ there: boolean }>`
    SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'heronry_sequencer') AS there`.execute(db)
  if (!rows[0]?.there) return
  for (const grant of grants) await sql.raw(`GRANT ${grant} TO heronry_sequencer`).execute(db)
}

const archive = [
  // Everything up to last_seq stands in segments, or was dropped since. Who writes a segment moves it on from where that begins.
  `CREATE TABLE archive_state (one boolean PRIMARY KEY DEFAULT true CHECK (one), last_seq bigint NOT NULL)`,
  `INSERT INTO archive_state (last_seq) VALUES (0)`,
  // A segment holds every event with after_seq < seq <= last_seq, of the hours first_hour to last_hour.
  `CREATE TABLE event_segment (
     last_seq bigint PRIMARY KEY,
     after_seq bigint NOT NULL,
     object_key text COLLATE "C" NOT NULL,
     sha256 bytea NOT NULL,
     byte_count bigint NOT NULL,
     event_count int NOT NULL,
     first_hour int NOT NULL,
     last_hour int NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  // Whose events are in it, and which is the last of each.
  `CREATE TABLE event_segment_community (
     community_id int NOT NULL,
     segment_last_seq bigint NOT NULL,
     last_seq bigint NOT NULL,
     PRIMARY KEY (community_id, segment_last_seq))`,
  `CREATE INDEX event_segment_community_segment ON event_segment_community (segment_last_seq)`,
  // Numbers are written in about the order of the hours: a few kilobytes tell where those of an hour lie.
  `CREATE INDEX event_seq_hour ON event_seq USING brin (hour) WITH (autosummarize = on)`,
]

/**
 * Drops the partition of an hour that has passed, unless one of its events has no number ('unstamped') or has one beyond `upto`
 * ('needed'). All of it is looked at without a lock that anybody would wait for; then the table is locked, and what has become visible
 * since is looked for by snapshot difference: an index probe. So writers wait for as long as the lock is waited for (lock_timeout, set
 * by the caller) and a few milliseconds.
 */
const dropEventPartition = `
  CREATE FUNCTION drop_event_partition(dropped_hour int, upto bigint) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  DECLARE
    name text := format('event_h%s', dropped_hour);
    seen pg_snapshot;
    unstamped boolean;
    greatest_seq bigint;
    late boolean;
  BEGIN
    IF dropped_hour >= floor(extract(epoch FROM now()) / 3600) THEN
      RAISE EXCEPTION 'the hour of % has not passed', name;
    END IF;
    EXECUTE format(
      'SELECT pg_current_snapshot(), coalesce(bool_or(s.seq IS NULL), false), max(s.seq) FROM %I e
       LEFT JOIN (SELECT seq, event_id FROM event_seq WHERE hour = $1) s ON s.event_id = e.id', name)
      INTO seen, unstamped, greatest_seq USING dropped_hour;
    IF unstamped THEN RETURN 'unstamped'; END IF;
    IF greatest_seq > upto THEN RETURN 'needed'; END IF;
    LOCK TABLE ONLY event IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE xid >= $1 OR xid = ANY ($2))', name)
      INTO late USING pg_snapshot_xmax(seen), ARRAY(SELECT pg_snapshot_xip(seen));
    IF late THEN RETURN 'unstamped'; END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN 'dropped';
  END $$;
  REVOKE EXECUTE ON FUNCTION drop_event_partition(int, bigint) FROM PUBLIC`

/** Drops a range of numbers that has been given away, unless an event partition is left that it speaks of ('needed'). */
const dropEventSeqPartition = `
  CREATE FUNCTION drop_event_seq_partition(range_index bigint, end_value bigint) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  DECLARE
    name text := format('event_seq_%s', range_index);
    hours int[] := ARRAY(
      SELECT substring(c.relname FROM '^event_h([0-9]+)$')::int FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = 'event'::regclass);
    newest int;
    needed boolean;
  BEGIN
    IF end_value > (SELECT last_seq FROM seq_state) THEN RETURN 'needed'; END IF;
    EXECUTE format('SELECT hour FROM %I ORDER BY seq DESC LIMIT 1', name) INTO newest;
    IF newest = ANY (hours) THEN RETURN 'needed'; END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE hour = ANY ($1))', name) INTO needed USING hours;
    IF needed THEN RETURN 'needed'; END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN 'dropped';
  END $$;
  REVOKE EXECUTE ON FUNCTION drop_event_seq_partition(bigint, bigint) FROM PUBLIC`

const grants = [
  'SELECT, INSERT, UPDATE, DELETE ON event_segment, event_segment_community',
  'SELECT, UPDATE ON archive_state',
  'EXECUTE ON FUNCTION drop_event_partition(int, bigint), drop_event_seq_partition(bigint, bigint)',
]
