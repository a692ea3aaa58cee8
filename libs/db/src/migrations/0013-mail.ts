/**
 * Whose job it is and what is sent, so that a member and support see what became of a mail; starts of a job that do not count as tries; and
 * addresses that a mail server has refused for good.
 *
 * Locks: ACCESS EXCLUSIVE on job_outbox for a moment (no row is rewritten: the default is constant), and SHARE while its two indexes are
 * built over the few rows that they hold.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const [role, grant] of Object.entries(grants)) {
    const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = ${role}`.execute(db)
    if (rows.length > 0) await sql.raw(`GRANT ${grant} ON mail_suppression TO ${role}`).execute(db)
  }
}

const statements = [
  // label: which of its kind it is, such as the template of a mail; unlike the payload it stays when the job is done.
  `ALTER TABLE job_outbox ADD COLUMN actor_id bigint, ADD COLUMN label text COLLATE "C",
     ADD COLUMN deferrals int NOT NULL DEFAULT 0`,
  `CREATE INDEX job_outbox_actor ON job_outbox (actor_id, id) WHERE actor_id IS NOT NULL`,
  `CREATE INDEX job_outbox_dead ON job_outbox (queue, id) WHERE dead_at IS NOT NULL`,
  // address: SHA-256, so that nothing can be read here of people who are gone.
  `CREATE TABLE mail_suppression (
     community_id int NOT NULL,
     address bytea NOT NULL,
     code smallint NOT NULL,
     at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (community_id, address))`,
]

const grants = { heronry_entryway: 'SELECT, DELETE', heronry_email: 'SELECT, INSERT, UPDATE, DELETE' }
