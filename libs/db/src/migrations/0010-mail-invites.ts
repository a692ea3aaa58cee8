/**
 * Tokens that are found by themselves (a password reset names no account), guesses at them counted by network, and invite codes that are
 * listed by age and found by owner and user.
 *
 * Locks: ACCESS EXCLUSIVE on invite_code while its rows are rewritten (a creation time becomes a whole number of milliseconds, because
 * getInviteCodes pages by them), SHARE on email_token and invite_use while their indexes are built: a community has thousands of rows,
 * not millions.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'heronry_entryway'`.execute(db)
  if (rows.length === 0) return
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON token_guess TO heronry_entryway`.execute(db)
}

const statements = [
  `CREATE INDEX email_token_hash ON email_token (token_hash)`,
  `CREATE INDEX email_token_expiry ON email_token (expires_at)`,
  // One row for each network that has guessed in its window; wrong guesses name no account that they could be counted for.
  `CREATE TABLE token_guess (
     community_id int NOT NULL,
     network text COLLATE "C" NOT NULL,
     guesses int NOT NULL,
     until timestamptz NOT NULL,
     PRIMARY KEY (community_id, network))`,
  `CREATE INDEX token_guess_until ON token_guess (until)`,
  `ALTER TABLE invite_code ALTER COLUMN created_at TYPE timestamptz(3)`,
  `CREATE INDEX invite_code_page ON invite_code (community_id, created_at, code)`,
  `CREATE INDEX invite_code_owner ON invite_code (community_id, for_account)`,
  `CREATE INDEX invite_use_did ON invite_use (did)`,
]
