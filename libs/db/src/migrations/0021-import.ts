/**
 * Imports: which one an account has under way, and the blocks that have come of it. Locks: ACCESS EXCLUSIVE on job_outbox for a moment (policies,
 * no row is read); both tables are new.
 *
 * `import_block` is UNLOGGED: what is in it was sent by a client who has it still, and a crash of Postgres empties it, which the import finds
 * out. Its index is not unique: a CAR may hold a block more than once.
 *
 * The api works a queue of its own, and has stores dropped: it gets to see these two queues, and no other job.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const [role, grants] of Object.entries(privileges)) {
    const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = ${role}`.execute(db)
    if (rows.length === 0) continue
    for (const grant of grants) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
    if (role === 'heronry_api') await sql.raw(ownQueues).execute(db)
  }
}

const statements = [
  // state: 0 arriving, 1 waiting for a worker, 2 being worked on, 3 done, 4 refused.
  `CREATE TABLE repo_import (
     actor_id bigint PRIMARY KEY,
     id bigint NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY,
     community_id int NOT NULL,
     commit_cid bytea,
     blocks bigint NOT NULL DEFAULT 0,
     state smallint NOT NULL DEFAULT 0,
     error text COLLATE "C",
     touched_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX repo_import_working ON repo_import (state) WHERE state IN (1, 2)`,
  `CREATE UNLOGGED TABLE import_block (
     import_id bigint NOT NULL,
     digest bytea NOT NULL,
     body bytea NOT NULL)`,
  // Bodies are read once, and are of all sizes: compressing them would cost more than it saves.
  `ALTER TABLE import_block ALTER COLUMN body SET STORAGE EXTERNAL`,
  `CREATE INDEX import_block_digest ON import_block (import_id, digest)`,
  `ALTER TABLE job_outbox ENABLE ROW LEVEL SECURITY`,
  `CREATE POLICY job_outbox_everyone ON job_outbox USING (true)`,
]

const ownQueues = `CREATE POLICY job_outbox_api ON job_outbox AS RESTRICTIVE TO heronry_api USING (queue IN ('imports', 'stores'))`

const rows = 'SELECT, INSERT, UPDATE, DELETE'
const privileges: Record<string, string[]> = {
  heronry_api: [
    `${rows} ON repo_import, import_block`,
    // Large imports, and stores that are dropped.
    `${rows} ON job_outbox`,
    // An import whose signature nobody can check is audited.
    'INSERT ON audit_log',
    'SELECT, INSERT, UPDATE ON audit_head',
  ],
  // Who deletes an account takes its import away.
  heronry_entryway: ['SELECT (actor_id), DELETE ON repo_import'],
}
