/**
 * Changes of an identity that are under way at the PLC directory, and what an operator says of handles. Locks: SHARE ROW EXCLUSIVE on
 * `actor` for a moment, because of the foreign key to it (the new table is empty); the rest is new.
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
  // One at a time for an actor. handle: the name that is reserved for it meanwhile; null: another change of its document.
  // is_live: the request that began it may still be going on.
  `CREATE TABLE identity_change (
     actor_id bigint PRIMARY KEY REFERENCES actor ON DELETE CASCADE,
     id bigint GENERATED ALWAYS AS IDENTITY,
     community_id int NOT NULL,
     handle text COLLATE "C",
     is_live boolean NOT NULL DEFAULT true,
     started_at timestamptz NOT NULL,
     UNIQUE (community_id, handle))`,
  // A community's own words, beside those that the software comes with.
  `CREATE TABLE handle_rule (
     community_id int NOT NULL,
     kind text COLLATE "C" NOT NULL CHECK (kind IN ('reserved', 'inappropriate', 'allowed')),
     word text COLLATE "C" NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (community_id, kind, word))`,
]

const grants = ['SELECT, INSERT, UPDATE, DELETE ON identity_change, handle_rule']
