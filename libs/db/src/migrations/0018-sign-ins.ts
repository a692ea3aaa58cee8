/**
 * The devices that an account has been signed in from, so that its owner is told of one that was not there before. Locks: nothing but what is new.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'heronry_entryway'`.execute(db)
  if (rows.length === 0) return
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON known_device TO heronry_entryway`.execute(db)
}

const statements = [
  // device: SHA-256 of the actor, the network and the program's name: neither can be read here. mailed_at: when its owner was told of it.
  `CREATE TABLE known_device (
     actor_id bigint NOT NULL,
     device bytea NOT NULL,
     seen_at timestamptz NOT NULL,
     mailed_at timestamptz,
     PRIMARY KEY (actor_id, device))`,
  `CREATE INDEX known_device_age ON known_device (seen_at)`,
]
