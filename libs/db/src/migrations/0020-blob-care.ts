/**
 * What the blob-worker needs to look after blobs: whether one waits for the scanner, what is known of a picture, digests that nobody may
 * store, legal holds, and how far a reconciliation has come.
 *
 * Locks: ACCESS EXCLUSIVE on blob (no row is rewritten: the one default is the same for all of them) while two indexes without rows are built,
 * which reads the table once.
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

const statements = [
  // uploaded_at: the last time, while nothing referred to it. held_since: waits for the scanner, the world does not see it. missing_since: a
  // reconciliation has found no object. probe_fault: why nothing is known of its picture.
  `ALTER TABLE blob ADD COLUMN uploaded_at timestamptz NOT NULL DEFAULT now(),
     ADD COLUMN held_since timestamptz, ADD COLUMN missing_since timestamptz,
     ADD COLUMN width int, ADD COLUMN height int, ADD COLUMN duration_ms bigint, ADD COLUMN probe_fault text COLLATE "C"`,
  // Both hold next to nothing.
  `CREATE INDEX blob_missing ON blob (actor_id) WHERE missing_since IS NOT NULL`,
  `CREATE INDEX blob_held ON blob (held_since) WHERE held_since IS NOT NULL`,
  // community_id 0: of the whole house.
  `CREATE TABLE blob_block (
     digest bytea NOT NULL,
     community_id int NOT NULL,
     note text,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (digest, community_id))`,
  // cid: null for everything of the actor. The DID stands here because the hold outlives the actor.
  `CREATE TABLE blob_hold (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     community_id int NOT NULL,
     actor_id bigint NOT NULL,
     did text COLLATE "C" NOT NULL,
     cid bytea,
     reason text NOT NULL,
     placed_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE UNIQUE INDEX blob_hold_subject ON blob_hold (actor_id, cid) NULLS NOT DISTINCT`,
  `CREATE INDEX blob_hold_community ON blob_hold (community_id, id)`,
  `CREATE TABLE blob_reconcile (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     is_dry boolean NOT NULL,
     strays_max bigint NOT NULL,
     step text COLLATE "C" NOT NULL DEFAULT 'b/',
     cursor text COLLATE "C" NOT NULL DEFAULT '',
     objects bigint NOT NULL DEFAULT 0,
     strays bigint NOT NULL DEFAULT 0,
     blobs bigint NOT NULL DEFAULT 0,
     missing bigint NOT NULL DEFAULT 0,
     started_at timestamptz NOT NULL DEFAULT now(),
     ended_at timestamptz)`,
  // Who serves repos has no right to write jobs, but these of its own blobs.
  `CREATE FUNCTION enqueue_blob_job(job_name text, job_actor_id bigint, job_cid bytea) RETURNS void
   LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   BEGIN
     IF job_name NOT IN ('probe-blob', 'scan-blob') THEN RAISE EXCEPTION 'not a job of a blob: %', job_name; END IF;
     INSERT INTO job_outbox (queue, name, key, payload, priority, run_at)
     VALUES ('blobs', job_name, format('%s-%s-%s', job_name, job_actor_id, encode(job_cid, 'hex')),
       jsonb_build_object('actorId', job_actor_id::text, 'cid', encode(job_cid, 'hex')), 0, now())
     ON CONFLICT (queue, key) WHERE key IS NOT NULL AND done_at IS NULL AND dead_at IS NULL DO NOTHING;
   END $$`,
  `REVOKE EXECUTE ON FUNCTION enqueue_blob_job(text, bigint, bytea) FROM PUBLIC`,
]

const privileges: Record<string, string[]> = {
  heronry_api: ['SELECT ON blob_block', 'EXECUTE ON FUNCTION enqueue_blob_job(text, bigint, bytea)'],
  heronry_blob_worker: [
    'SELECT ON blob_block, blob_hold',
    'SELECT, INSERT, UPDATE, DELETE ON blob_reconcile',
  ],
  heronry_entryway: [
    'SELECT, INSERT, DELETE ON blob_block, blob_hold',
    'SELECT (size, mime, orphan_since, uploaded_at, held_since, missing_since, width, height, duration_ms, probe_fault) ON blob',
  ],
}
