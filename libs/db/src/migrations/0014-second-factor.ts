/**
 * What a login asks for behind the password, recovery codes, and wrong codes. Locks: ACCESS EXCLUSIVE on `account` for a moment (columns that
 * are null or have a constant default, no rewrite); the rest is new.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'heronry_entryway'`.execute(db)
  if (rows.length === 0) return
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code, factor_attempt TO heronry_entryway`.execute(
    db,
  )
}

const statements = [
  // totp_sealed with totp_confirmed_at null: begun, and not asked for. totp_step: the time step of the last code that was taken.
  `ALTER TABLE account
     ADD COLUMN email_factor boolean NOT NULL DEFAULT false,
     ADD COLUMN totp_sealed bytea,
     ADD COLUMN totp_kek_id text COLLATE "C",
     ADD COLUMN totp_confirmed_at timestamptz,
     ADD COLUMN totp_step bigint`,
  `CREATE TABLE recovery_code (
     actor_id bigint NOT NULL,
     hash bytea NOT NULL,
     PRIMARY KEY (actor_id, hash))`,
  // Wrong codes behind a right password, from one network; from anywhere where the network is empty.
  `CREATE TABLE factor_attempt (
     actor_id bigint NOT NULL,
     network text COLLATE "C" NOT NULL,
     failures int NOT NULL,
     failed_at timestamptz NOT NULL,
     PRIMARY KEY (actor_id, network))`,
  `CREATE INDEX factor_attempt_age ON factor_attempt (failed_at)`,
]
