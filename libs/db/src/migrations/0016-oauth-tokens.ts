/**
 * What apps were let in for: one row a session, rotated in place, and the refresh tokens that it has used up. Locks: none, all of it is new.
 *
 * Who serves repos reads what an access token may do, and neither codes nor refresh tokens, of which only hashes are kept.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const [role, grant] of Object.entries(grants)) {
    const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = ${role}`.execute(db)
    if (rows.length > 0) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
  }
}

const statements = [
  // token_id: `jti` of the access token that counts. jkt: the thumbprint of the key that its holder proves to have. forget_at: nobody can
  // refresh it any more.
  `CREATE TABLE oauth_token (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     community_id int NOT NULL,
     actor_id bigint NOT NULL,
     token_id text COLLATE "C" NOT NULL UNIQUE,
     refresh_hash bytea UNIQUE,
     code_hash bytea,
     client_id text COLLATE "C" NOT NULL,
     client_auth jsonb NOT NULL,
     device_id text COLLATE "C",
     parameters jsonb NOT NULL,
     jkt text COLLATE "C",
     scope text NOT NULL,
     created_at timestamptz(3) NOT NULL,
     updated_at timestamptz(3) NOT NULL,
     expires_at timestamptz(3) NOT NULL,
     forget_at timestamptz(3) NOT NULL)`,
  `CREATE UNIQUE INDEX oauth_token_code ON oauth_token (code_hash) WHERE code_hash IS NOT NULL`,
  `CREATE INDEX oauth_token_actor ON oauth_token (actor_id)`,
  `CREATE INDEX oauth_token_forget ON oauth_token (forget_at)`,
  `CREATE TABLE oauth_used_refresh_token (
     refresh_hash bytea PRIMARY KEY,
     community_id int NOT NULL,
     oauth_token bigint NOT NULL REFERENCES oauth_token (id) ON DELETE CASCADE,
     used_at timestamptz(3) NOT NULL)`,
  `CREATE INDEX oauth_used_refresh_token_session ON oauth_used_refresh_token (oauth_token)`,
  `CREATE INDEX oauth_used_refresh_token_age ON oauth_used_refresh_token (used_at)`,
]

const grants: Record<string, string> = {
  heronry_entryway: 'SELECT, INSERT, UPDATE, DELETE ON oauth_token, oauth_used_refresh_token',
  heronry_api:
    'SELECT (id, community_id, actor_id, token_id, client_id, jkt, scope, expires_at) ON oauth_token',
}
