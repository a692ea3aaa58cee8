/**
 * What the OAuth provider keeps but for tokens: the devices that people have signed in on, authorization requests under way, what a member
 * lets which app do, permission sets of the network, and what counts once where there is no Redis. Locks: SHARE ROW EXCLUSIVE on `actor` for
 * a moment (the foreign keys); every table is new.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  const { rows } = await sql`SELECT FROM pg_roles WHERE rolname = 'heronry_entryway'`.execute(db)
  if (rows.length === 0) return
  await sql`GRANT EXECUTE ON FUNCTION hosted_lexicon(text, text) TO heronry_entryway`.execute(db)
  await sql`
    GRANT SELECT, INSERT, UPDATE, DELETE
    ON oauth_device, oauth_account_device, oauth_request, oauth_authorized_client, oauth_lexicon, oauth_replay
    TO heronry_entryway`.execute(db)
}

const statements = [
  `CREATE TABLE oauth_device (
     community_id int NOT NULL,
     id text COLLATE "C" NOT NULL,
     session_id text COLLATE "C" NOT NULL,
     user_agent text,
     ip_address text COLLATE "C" NOT NULL,
     last_seen_at timestamptz NOT NULL,
     PRIMARY KEY (community_id, id))`,
  `CREATE INDEX oauth_device_age ON oauth_device (last_seen_at)`,
  // updated_at: when the account's owner last signed in on the device.
  `CREATE TABLE oauth_account_device (
     community_id int NOT NULL,
     device_id text COLLATE "C" NOT NULL,
     actor_id bigint NOT NULL REFERENCES actor ON DELETE CASCADE,
     did text COLLATE "C" NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     PRIMARY KEY (community_id, device_id, did),
     FOREIGN KEY (community_id, device_id) REFERENCES oauth_device ON DELETE CASCADE)`,
  `CREATE INDEX oauth_account_device_actor ON oauth_account_device (actor_id)`,
  // Readable for some minutes past expires_at, so that a late answer is told why it fails; then swept.
  `CREATE TABLE oauth_request (
     community_id int NOT NULL,
     id text COLLATE "C" NOT NULL,
     client_id text COLLATE "C" NOT NULL,
     client_auth jsonb,
     parameters jsonb NOT NULL,
     expires_at timestamptz NOT NULL,
     device_id text COLLATE "C",
     did text COLLATE "C",
     code text COLLATE "C",
     PRIMARY KEY (community_id, id))`,
  `CREATE UNIQUE INDEX oauth_request_code ON oauth_request (community_id, code) WHERE code IS NOT NULL`,
  `CREATE INDEX oauth_request_expiry ON oauth_request (expires_at)`,
  `CREATE TABLE oauth_authorized_client (
     community_id int NOT NULL,
     actor_id bigint NOT NULL REFERENCES actor ON DELETE CASCADE,
     did text COLLATE "C" NOT NULL,
     client_id text COLLATE "C" NOT NULL,
     scopes text[] NOT NULL,
     updated_at timestamptz NOT NULL,
     PRIMARY KEY (community_id, did, client_id))`,
  `CREATE INDEX oauth_authorized_client_actor ON oauth_authorized_client (actor_id)`,
  // lexicon null: nobody could find it when it was last looked for.
  `CREATE TABLE oauth_lexicon (
     community_id int NOT NULL,
     nsid text COLLATE "C" NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     last_succeeded_at timestamptz,
     uri text COLLATE "C",
     lexicon jsonb,
     PRIMARY KEY (community_id, nsid))`,
  `CREATE INDEX oauth_lexicon_age ON oauth_lexicon (updated_at)`,
  // Of all records, a service that signs people in may read those that say what an app is let do.
  `CREATE FUNCTION hosted_lexicon(of_did text, of_nsid text) RETURNS TABLE (cid bytea, value bytea)
   LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
     SELECT record.cid, record.value FROM actor
       JOIN repo ON repo.actor_id = actor.id AND repo.published
       JOIN record ON record.store_id = repo.store_id AND record.path = 'com.atproto.lexicon.schema/' || of_nsid
     WHERE actor.did = of_did AND actor.deactivated_at IS NULL AND actor.takedown_ref IS NULL
       AND (actor.suspended_until IS NULL OR actor.suspended_until <= now()) AND record.takedown = 0
   $$`,
  `REVOKE EXECUTE ON FUNCTION hosted_lexicon(text, text) FROM PUBLIC`,
  // digest: of the community, of what it was shown for, and of what was shown.
  `CREATE TABLE oauth_replay (
     digest bytea PRIMARY KEY,
     expires_at timestamptz NOT NULL)`,
  `CREATE INDEX oauth_replay_expiry ON oauth_replay (expires_at)`,
]
