/**
 * The audit log: one hash chain for each community, in partitions by month. Locks: none that matter, every table is new.
 *
 * Whoever serves administration inserts and reads rows; no service may change or delete one. `audit_head` is each chain's end: its row is
 * locked by whoever appends, so that a chain has no forks. Who serves administration may also take records and blobs down, which it cannot
 * read.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql<{ there: boolean }>`
    SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'heronry_entryway') AS there`.execute(db)
  if (!rows[0]?.there) return
  for (const grant of grants) await sql.raw(`GRANT ${grant} TO heronry_entryway`).execute(db)
}

const statements = [
  // month: 12 × year + month, January being 0; of `at`, in UTC.
  `CREATE TABLE audit_log (
     community_id int NOT NULL,
     seq bigint NOT NULL,
     month int NOT NULL,
     at timestamptz(3) NOT NULL,
     principal text COLLATE "C" NOT NULL,
     address text COLLATE "C" NOT NULL,
     method text COLLATE "C" NOT NULL,
     subject text COLLATE "C",
     reason text COLLATE "C",
     before jsonb,
     after jsonb,
     outcome text COLLATE "C" NOT NULL,
     error text COLLATE "C",
     prev bytea NOT NULL,
     hash bytea NOT NULL,
     PRIMARY KEY (community_id, seq, month)) PARTITION BY RANGE (month)`,
  `CREATE INDEX audit_log_subject ON audit_log (community_id, subject, seq)`,
  `CREATE TABLE audit_head (
     community_id int PRIMARY KEY,
     seq bigint NOT NULL,
     hash bytea NOT NULL)`,
  // Does nothing where the month has its partition. Callers queue behind one lock, so that none meets the other's half-made table.
  `CREATE FUNCTION attach_audit_partition(made_month int) RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   DECLARE
     name text := format('audit_log_m%s', made_month);
   BEGIN
     PERFORM pg_advisory_xact_lock(hashtext('heronry.audit'));
     IF EXISTS (SELECT FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'audit_log'::regclass AND c.relname = name) THEN RETURN; END IF;
     EXECUTE format('CREATE TABLE %I (LIKE audit_log INCLUDING ALL)', name);
     EXECUTE format('ALTER TABLE audit_log ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, made_month, made_month + 1);
   END $$`,
  `REVOKE EXECUTE ON FUNCTION attach_audit_partition(int) FROM PUBLIC`,
]

const grants = [
  'SELECT, INSERT ON audit_log',
  'SELECT, INSERT, UPDATE ON audit_head',
  'EXECUTE ON FUNCTION attach_audit_partition(int)',
  // What moderators take down, and never what it says.
  'SELECT (store_id, path, cid, takedown), UPDATE (takedown) ON record',
  'SELECT (actor_id, cid, takedown_ref), UPDATE (takedown_ref) ON blob',
]
