/**
 * Passkeys, the challenges that they sign, and for how long somebody has shown to be an account's owner. Locks: none that anybody waits for, all is
 * new.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'heronry_entryway'`.execute(db)
  if (rows.length === 0) return
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON passkey, passkey_challenge, owner_confirmation TO heronry_entryway`.execute(
    db,
  )
}

const statements = [
  // id: the credential's, as the authenticator made it up: unique at one community, whose hostname it is bound to.
  `CREATE TABLE passkey (
     community_id int NOT NULL,
     id bytea NOT NULL,
     actor_id bigint NOT NULL,
     public_key bytea NOT NULL,
     counter bigint NOT NULL,
     transports text[] NOT NULL,
     name text NOT NULL,
     created_at timestamptz NOT NULL,
     used_at timestamptz,
     PRIMARY KEY (community_id, id))`,
  `CREATE INDEX passkey_actor ON passkey (actor_id)`,
  // actor_id is null where somebody signs in: who it is, the passkey says.
  `CREATE TABLE passkey_challenge (
     hash bytea PRIMARY KEY,
     community_id int NOT NULL,
     actor_id bigint,
     purpose smallint NOT NULL,
     expires_at timestamptz NOT NULL)`,
  `CREATE INDEX passkey_challenge_age ON passkey_challenge (expires_at)`,
  `CREATE INDEX passkey_challenge_actor ON passkey_challenge (actor_id) WHERE actor_id IS NOT NULL`,
  `CREATE TABLE owner_confirmation (
     hash bytea PRIMARY KEY,
     actor_id bigint NOT NULL,
     expires_at timestamptz NOT NULL)`,
  `CREATE INDEX owner_confirmation_actor ON owner_confirmation (actor_id)`,
  `CREATE INDEX owner_confirmation_age ON owner_confirmation (expires_at)`,
]
