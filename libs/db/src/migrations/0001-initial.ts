/**
 * The whole data model of ARCHITECTURE §3. Locks: none that matter, every table is new.
 *
 * Text keys are COLLATE "C", because the tree's order is bytewise. CIDs of records, nodes and commits are 32-byte digests,
 * revisions are bigint. There are no foreign keys on hot tables.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...tenants, ...actors, ...repos, ...blobs, ...events, ...jobs]) {
    await sql.raw(statement).execute(db)
  }
}

const tenants = [
  `CREATE TABLE community (
     id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     slug text COLLATE "C" NOT NULL UNIQUE,
     hostname text COLLATE "C" NOT NULL UNIQUE,
     public_url text COLLATE "C" NOT NULL,
     service_did text COLLATE "C" NOT NULL UNIQUE,
     admin_password text,
     settings jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE handle_domain (
     domain text COLLATE "C" PRIMARY KEY CHECK (domain LIKE '.%'),
     community_id int NOT NULL REFERENCES community,
     position smallint NOT NULL)`,
  // One row, counted up by every change to a community: what a process's cached communities are compared with.
  `CREATE TABLE community_version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL)`,
  `INSERT INTO community_version (version) VALUES (0)`,
]

const actors = [
  `CREATE TABLE actor (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     community_id int NOT NULL,
     did text COLLATE "C" NOT NULL,
     handle text COLLATE "C",
     cell smallint NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     deactivated_at timestamptz,
     delete_after timestamptz,
     takedown_ref text,
     suspended_until timestamptz,
     UNIQUE (community_id, did),
     UNIQUE (community_id, handle))`,
  // A DID may be hosted by several communities while it moves between them, but be active in one only.
  `CREATE UNIQUE INDEX actor_active_did ON actor (did) WHERE deactivated_at IS NULL`,
  `CREATE TABLE account (
     actor_id bigint PRIMARY KEY REFERENCES actor ON DELETE CASCADE,
     community_id int NOT NULL,
     email text COLLATE "C" NOT NULL,
     email_confirmed_at timestamptz,
     password text NOT NULL,
     invites_disabled boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE UNIQUE INDEX account_email ON account (community_id, lower(email))`,
  // An account between its reservation and its commit: what the PLC directory may know already and the house does not.
  `CREATE TABLE account_draft (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     community_id int NOT NULL,
     did text COLLATE "C" NOT NULL UNIQUE,
     handle text COLLATE "C" NOT NULL,
     email text COLLATE "C" NOT NULL,
     plc_operation jsonb,
     state smallint NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT now(),
     UNIQUE (community_id, handle))`,
  `CREATE UNIQUE INDEX account_draft_email ON account_draft (community_id, lower(email))`,
  `CREATE TABLE signing_key (
     actor_id bigint PRIMARY KEY,
     did_key text COLLATE "C" NOT NULL,
     sealed bytea NOT NULL,
     kek_id text COLLATE "C" NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE session (
     id text COLLATE "C" PRIMARY KEY,
     actor_id bigint NOT NULL,
     expires_at timestamptz NOT NULL,
     next_id text COLLATE "C",
     app_password_name text,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX session_actor ON session (actor_id)`,
  `CREATE TABLE email_token (
     actor_id bigint NOT NULL,
     purpose smallint NOT NULL,
     token_hash bytea NOT NULL,
     expires_at timestamptz NOT NULL,
     attempts smallint NOT NULL DEFAULT 0,
     PRIMARY KEY (actor_id, purpose))`,
  `CREATE TABLE invite_code (
     code text COLLATE "C" PRIMARY KEY,
     community_id int NOT NULL,
     available_uses int NOT NULL,
     disabled boolean NOT NULL DEFAULT false,
     for_account text COLLATE "C" NOT NULL,
     created_by text COLLATE "C" NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE invite_use (
     code text COLLATE "C" NOT NULL REFERENCES invite_code,
     did text COLLATE "C" NOT NULL,
     used_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (code, did))`,
  `CREATE TABLE did_cache (
     did text COLLATE "C" PRIMARY KEY,
     document jsonb NOT NULL,
     fetched_at timestamptz NOT NULL)`,
]

const repos = [
  `CREATE SEQUENCE store_id`,
  // Updated by every commit and indexed by nothing but its key: half-empty pages keep those updates heap-only.
  `CREATE TABLE repo (
     actor_id bigint PRIMARY KEY,
     store_id bigint NOT NULL,
     head bytea NOT NULL,
     rev bigint NOT NULL,
     data bytea NOT NULL,
     commit bytea NOT NULL,
     record_count bigint NOT NULL,
     byte_count bigint NOT NULL,
     writable boolean NOT NULL,
     published boolean NOT NULL) WITH (fillfactor = 50)`,
  // path = collection/rkey, so that the primary key's order is the tree's order.
  `CREATE TABLE record (
     store_id bigint NOT NULL,
     path text COLLATE "C" NOT NULL,
     cid bytea NOT NULL,
     rev bigint NOT NULL,
     takedown smallint NOT NULL DEFAULT 0,
     value bytea NOT NULL,
     PRIMARY KEY (store_id, path)) WITH (fillfactor = 95, toast_tuple_target = 8160)`,
  // Interior nodes by position: a commit rewrites the same few rows in place.
  `CREATE TABLE mst_node (
     store_id bigint NOT NULL,
     layer smallint NOT NULL CHECK (layer >= 1),
     lo text COLLATE "C" NOT NULL,
     cid bytea NOT NULL,
     body bytea NOT NULL,
     PRIMARY KEY (store_id, layer, lo)) WITH (fillfactor = 60)`,
  `CREATE TABLE backlink (
     store_id bigint NOT NULL,
     kind smallint NOT NULL,
     subject bytea NOT NULL,
     path text COLLATE "C" NOT NULL,
     PRIMARY KEY (store_id, kind, subject, path))`,
  `CREATE INDEX backlink_path ON backlink (store_id, path)`,
]

const blobs = [
  `CREATE TABLE blob (
     actor_id bigint NOT NULL,
     cid bytea NOT NULL,
     object_key text COLLATE "C" NOT NULL,
     mime text NOT NULL,
     size bigint NOT NULL,
     state smallint NOT NULL DEFAULT 0,
     takedown_ref text,
     created_at timestamptz NOT NULL DEFAULT now(),
     orphan_since timestamptz,
     PRIMARY KEY (actor_id, cid))`,
  `CREATE TABLE record_blob (
     store_id bigint NOT NULL,
     cid bytea NOT NULL,
     path text COLLATE "C" NOT NULL,
     PRIMARY KEY (store_id, cid, path))`,
  `CREATE INDEX record_blob_path ON record_blob (store_id, path)`,
]

const events = [
  `CREATE SEQUENCE event_id`,
  // body is the message's DRISL without the value of seq; seq_at is the offset at which it is spliced in.
  `CREATE TABLE event (
     hour int NOT NULL DEFAULT floor(extract(epoch FROM now()) / 3600)::int,
     id bigint NOT NULL DEFAULT nextval('event_id'),
     xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
     actor_id bigint NOT NULL,
     community_id int NOT NULL,
     kind smallint NOT NULL,
     seq_at int NOT NULL,
     body bytea NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     PRIMARY KEY (hour, id)) PARTITION BY RANGE (hour)`,
  `CREATE INDEX event_xid ON event (xid)`,
  `CREATE TABLE event_seq (
     seq bigint NOT NULL,
     community_id int NOT NULL,
     actor_id bigint NOT NULL,
     hour int NOT NULL,
     event_id bigint NOT NULL,
     PRIMARY KEY (seq)) PARTITION BY RANGE (seq)`,
  `CREATE INDEX event_seq_community ON event_seq (community_id, seq)`,
  `CREATE TABLE community_seq (
     community_id int PRIMARY KEY,
     last_seq bigint NOT NULL,
     last_dropped_seq bigint NOT NULL DEFAULT 0)`,
  `CREATE TABLE event_suppress (actor_id bigint PRIMARY KEY, upto_seq bigint NOT NULL)`,
  // Whatever changes last_seq, snapshot or floor_id counts up tick or epoch; the lease only chooses who tries.
  `CREATE TABLE seq_state (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     leader text,
     lease_until timestamptz,
     epoch bigint NOT NULL,
     tick bigint NOT NULL,
     last_seq bigint NOT NULL,
     snapshot text,
     floor_id bigint NOT NULL,
     system_id text,
     timeline int)`,
  `INSERT INTO seq_state (epoch, tick, last_seq, floor_id) VALUES (0, 0, 0, 0)`,
]

const jobs = [
  `CREATE TABLE job_outbox (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     queue text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     key text COLLATE "C",
     payload jsonb NOT NULL,
     priority smallint NOT NULL DEFAULT 0,
     run_at timestamptz NOT NULL DEFAULT now(),
     attempts int NOT NULL DEFAULT 0,
     lease_until timestamptz,
     done_at timestamptz,
     dead_at timestamptz,
     error text,
     trace_context jsonb,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX job_outbox_due ON job_outbox (queue, run_at) WHERE done_at IS NULL AND dead_at IS NULL`,
  `CREATE UNIQUE INDEX job_outbox_key ON job_outbox (queue, key) WHERE key IS NOT NULL AND done_at IS NULL AND dead_at IS NULL`,
]
