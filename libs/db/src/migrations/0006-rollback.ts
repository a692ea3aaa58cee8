/**
 * What the sequencer needs to notice that its database was put back to an earlier state, and to go on from there; and what is
 * known of the relays. Locks: ACCESS EXCLUSIVE on `seq_state` for a moment (one row, no rewrite); the rest is new.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const [role, grants] of Object.entries(privileges)) {
    const { rows } = await sql<{ there: boolean }>`
      SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${role}) AS there`.execute(db)
    if (!rows[0]?.there) continue
    for (const grant of grants) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
  }
}

const statements = [
  // table_oid: a restored dump has made the table anew. verified_epoch: the last term whose leader found no doubt left.
  `ALTER TABLE seq_state ADD COLUMN table_oid bigint, ADD COLUMN verified_epoch bigint`,
  // Every time that numbering was resumed after a doubt: the record for the operator.
  `CREATE TABLE seq_resumption (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     at timestamptz NOT NULL DEFAULT now(),
     doubts text[] NOT NULL,
     found_seq bigint NOT NULL,
     witnessed_seq bigint,
     resumed_seq bigint NOT NULL,
     stragglers bigint NOT NULL,
     reannounced text NOT NULL)`,
  // Accounts that the world knows as ours and the database does not: they were made in a tail that was lost.
  `CREATE TABLE lost_account (
     did text COLLATE "C" PRIMARY KEY,
     found_at timestamptz NOT NULL DEFAULT now())`,
  // A community at one of its relays: when it was asked to crawl, what it said, and what it says of the host.
  `CREATE TABLE relay (
     community_id int NOT NULL,
     url text COLLATE "C" NOT NULL,
     requested_at timestamptz,
     requested_seq bigint,
     request_answer text,
     checked_at timestamptz,
     check_answer text,
     host_status text,
     host_seq bigint,
     host_account_count bigint,
     PRIMARY KEY (community_id, url))`,
  // No event is inserted from here to the end of the caller's transaction, which needs no right to change events for it.
  `CREATE FUNCTION hold_event_writers() RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   BEGIN
     LOCK TABLE event IN SHARE MODE;
   END $$`,
  `REVOKE EXECUTE ON FUNCTION hold_event_writers() FROM PUBLIC`,
]

const rows = 'SELECT, INSERT, UPDATE, DELETE'

const privileges: Record<string, string[]> = {
  heronry_sequencer: [
    `${rows} ON job_outbox, relay`,
    'SELECT, INSERT ON seq_resumption',
    'SELECT, UPDATE ON SEQUENCE event_id',
    'EXECUTE ON FUNCTION hold_event_writers()',
  ],
  heronry_entryway: ['SELECT, INSERT ON lost_account'],
}
