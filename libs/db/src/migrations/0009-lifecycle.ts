/**
 * What accounts need that come, rest and go: service tokens that were used, signing keys that are reserved, codes of the sign-up gate; and
 * the entryway may count what an account has (checkAccountStatus). Locks: ACCESS EXCLUSIVE on `account_draft` for a moment (no scan);
 * ACCESS SHARE on the tables that are granted; the rest is new.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
  for (const [role, grants] of Object.entries(privileges)) {
    const { rows } = await sql<{ there: boolean }>`
      SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${role}) AS there`.execute(db)
    if (!rows[0]?.there) continue
    for (const grant of grants) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
  }
}

const statements = [
  // Of a service token that was accepted, until it has run out: it is not accepted again.
  `CREATE TABLE service_token_use (
     digest bytea PRIMARY KEY,
     expires_at timestamptz NOT NULL)`,
  `CREATE INDEX service_token_use_expiry ON service_token_use (expires_at)`,
  // Null: the DID is its owner's already, and there is nothing to retire.
  `ALTER TABLE account_draft ALTER COLUMN plc_operation DROP NOT NULL`,
  // A key that somebody may name in a DID document before the account is made.
  `CREATE TABLE reserved_signing_key (
     did_key text COLLATE "C" PRIMARY KEY,
     community_id int NOT NULL,
     did text COLLATE "C",
     sealed bytea NOT NULL,
     kek_id text COLLATE "C" NOT NULL,
     expires_at timestamptz NOT NULL,
     UNIQUE (community_id, did))`,
  `CREATE INDEX reserved_signing_key_expiry ON reserved_signing_key (expires_at)`,
  // A code that the sign-up gate gave to somebody who is no robot, for one sign-up at one community.
  `CREATE TABLE gate_code (
     code_hash bytea PRIMARY KEY,
     community_id int NOT NULL,
     handle text COLLATE "C",
     expires_at timestamptz NOT NULL)`,
  `CREATE INDEX gate_code_expiry ON gate_code (expires_at)`,
]

const rows = 'SELECT, INSERT, UPDATE, DELETE'

const privileges: Record<string, string[]> = {
  heronry_entryway: [
    `${rows} ON service_token_use, reserved_signing_key, gate_code`,
    // Keys alone: what is in a record or a blob is nobody's business here.
    'SELECT (store_id, path) ON record',
    'SELECT (store_id, layer) ON mst_node',
    'SELECT (store_id, cid) ON record_blob',
    'SELECT (actor_id, cid, state, takedown_ref) ON blob',
  ],
  heronry_api: ['INSERT ON service_token_use'],
}
