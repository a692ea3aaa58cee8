/**
 * What apps keep of an actor in private, and service tokens that are given back because what they paid for failed. Locks:
 * SHARE ROW EXCLUSIVE on `actor` for a moment (the foreign key of a new table).
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const [role, grants] of Object.entries(privileges)) {
    const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = ${role}`.execute(db)
    if (rows.length === 0) continue
    for (const grant of grants) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
  }
}

const givingBack = 'EXECUTE ON FUNCTION return_service_token(bytea)'

const privileges: Record<string, string[]> = {
  heronry_api: ['SELECT, INSERT, UPDATE, DELETE ON account_pref', givingBack],
  heronry_entryway: [givingBack],
}

const statements = [
  // seq 0 is no preference: whoever replaces an actor's preferences holds its row. `value` is text that stays as it was sent: jsonb knows
  // neither NUL nor the order of keys. The foreign key keeps out what comes after an actor's deletion.
  `CREATE TABLE account_pref (
     actor_id bigint NOT NULL REFERENCES actor (id) ON DELETE CASCADE,
     seq int NOT NULL,
     name text COLLATE "C" NOT NULL,
     value json NOT NULL,
     PRIMARY KEY (actor_id, seq))`,
  // Who used a token gives back that one, and sees no other.
  `CREATE FUNCTION return_service_token(used bytea) RETURNS void
   LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
     DELETE FROM service_token_use WHERE digest = used
   $$`,
  `REVOKE EXECUTE ON FUNCTION return_service_token(bytea) FROM PUBLIC`,
]
