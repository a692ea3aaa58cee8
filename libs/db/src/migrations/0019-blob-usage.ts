/**
 * What blobs weigh, by account and by community. The database counts by itself: a row of `blob` is charged in the statement that makes it and
 * released in the one that deletes it, whoever does either, so that no writer can forget and no kill can come in between.
 *
 * Locks: SHARE ROW EXCLUSIVE on blob (readers go on, uploads wait) until what is there has been counted, in one pass over it.
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
  // It outlives its actor by as long as the blobs do; with the last of them it goes.
  `CREATE TABLE blob_usage (
     actor_id bigint PRIMARY KEY,
     community_id int NOT NULL,
     bytes bigint NOT NULL,
     blobs bigint NOT NULL) WITH (fillfactor = 50)`,
  `CREATE INDEX blob_usage_community_id ON blob_usage (community_id)`,
  `CREATE TABLE blob_usage_community (
     community_id int PRIMARY KEY,
     bytes bigint NOT NULL,
     blobs bigint NOT NULL) WITH (fillfactor = 50)`,
  // Rows are locked in one order: accounts by number, then communities by number.
  `CREATE FUNCTION charge_blobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   BEGIN
     WITH made AS (SELECT actor_id, sum(size) AS bytes, count(*) AS blobs FROM changed GROUP BY actor_id)
     INSERT INTO blob_usage AS u (actor_id, community_id, bytes, blobs)
     SELECT made.actor_id, actor.community_id, made.bytes, made.blobs FROM made JOIN actor ON actor.id = made.actor_id
     ORDER BY made.actor_id
     ON CONFLICT (actor_id) DO UPDATE SET bytes = u.bytes + EXCLUDED.bytes, blobs = u.blobs + EXCLUDED.blobs;
     INSERT INTO blob_usage_community AS u (community_id, bytes, blobs)
     SELECT a.community_id, sum(c.size), count(*) FROM changed c JOIN blob_usage a ON a.actor_id = c.actor_id
     GROUP BY a.community_id ORDER BY a.community_id
     ON CONFLICT (community_id) DO UPDATE SET bytes = u.bytes + EXCLUDED.bytes, blobs = u.blobs + EXCLUDED.blobs;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION release_blobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
   BEGIN
     PERFORM FROM blob_usage WHERE actor_id IN (SELECT actor_id FROM changed) ORDER BY actor_id FOR UPDATE;
     PERFORM FROM blob_usage_community
       WHERE community_id IN (SELECT u.community_id FROM changed c JOIN blob_usage u ON u.actor_id = c.actor_id)
       ORDER BY community_id FOR UPDATE;
     WITH gone AS (
       SELECT u.community_id, sum(c.size) AS bytes, count(*) AS blobs FROM changed c JOIN blob_usage u ON u.actor_id = c.actor_id
       GROUP BY u.community_id)
     UPDATE blob_usage_community u SET bytes = u.bytes - gone.bytes, blobs = u.blobs - gone.blobs
     FROM gone WHERE gone.community_id = u.community_id;
     WITH gone AS (SELECT actor_id, sum(size) AS bytes, count(*) AS blobs FROM changed GROUP BY actor_id)
     UPDATE blob_usage u SET bytes = u.bytes - gone.bytes, blobs = u.blobs - gone.blobs
     FROM gone WHERE gone.actor_id = u.actor_id;
     DELETE FROM blob_usage WHERE blobs <= 0 AND actor_id IN (SELECT actor_id FROM changed);
     RETURN NULL;
   END $$`,
  `REVOKE EXECUTE ON FUNCTION charge_blobs(), release_blobs() FROM PUBLIC`,
  `CREATE TRIGGER charge_blobs AFTER INSERT ON blob
     REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION charge_blobs()`,
  `CREATE TRIGGER release_blobs AFTER DELETE ON blob
     REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION release_blobs()`,
  `INSERT INTO blob_usage (actor_id, community_id, bytes, blobs)
   SELECT b.actor_id, a.community_id, sum(b.size), count(*) FROM blob b JOIN actor a ON a.id = b.actor_id
   GROUP BY b.actor_id, a.community_id`,
  `INSERT INTO blob_usage_community (community_id, bytes, blobs)
   SELECT community_id, sum(bytes), sum(blobs) FROM blob_usage GROUP BY community_id`,
]

const grants: Record<string, string> = {
  heronry_api: 'SELECT ON blob_usage, blob_usage_community',
  heronry_blob_worker: 'SELECT ON blob_usage, blob_usage_community',
  heronry_entryway: 'SELECT ON blob_usage, blob_usage_community',
}
