/**
 * What apps keep of an actor in private. Locks: none (a new table; its foreign key takes SHARE ROW EXCLUSIVE on `actor` for a moment).
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'heronry_api'`.execute(db)
  if (rows.length > 0)
    await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON account_pref TO heronry_api`.execute(db)
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
]
