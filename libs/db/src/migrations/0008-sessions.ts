/**
 * Since when an actor's sessions count, app passwords, and failed logins. Locks: ACCESS EXCLUSIVE on `actor` for a moment (a column
 * without default, no rewrite); the rest is new.
 *
 * Who serves repos looks at what an app password may do, and never at its hash.
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
  // An access token that was issued before is worth nothing; null: none was ever revoked.
  `ALTER TABLE actor ADD COLUMN sessions_since timestamptz`,
  // permissions: what it may do at most, as OAuth scopes; null: whatever app passwords may. Its sessions name it by
  // session.app_password_name.
  `CREATE TABLE app_password (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     actor_id bigint NOT NULL,
     name text COLLATE "C" NOT NULL,
     hash text NOT NULL,
     privileged boolean NOT NULL,
     permissions text[],
     created_at timestamptz(3) NOT NULL DEFAULT now(),
     UNIQUE (actor_id, name))`,
  // Failed logins by the digest of who was named, from which network, and where.
  `CREATE TABLE login_attempt (
     key bytea PRIMARY KEY,
     failures int NOT NULL,
     failed_at timestamptz NOT NULL)`,
  `CREATE INDEX login_attempt_age ON login_attempt (failed_at)`,
]

const rows = 'SELECT, INSERT, UPDATE, DELETE'

const privileges: Record<string, string[]> = {
  heronry_entryway: [`${rows} ON app_password, login_attempt`],
  heronry_api: ['SELECT (id, actor_id, name, privileged, permissions) ON app_password'],
}
