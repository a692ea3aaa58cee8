/**
 * A Postgres role for each service, with what that service does and no more: what reads records cannot read password hashes, and
 * what reads password hashes cannot read records. Locks: ACCESS SHARE on the tables, for a moment.
 *
 * Roles belong to the cluster: they may be there already, and several databases may be migrated at once. They cannot log in; who
 * connects is a member of them and takes one on. Where the migrating user may not make roles, they must be there before (an
 * administrator makes them); a missing one is left out, and HERONRY_DATABASE_ROLE=none goes without.
 *
 * Partitions need no privileges of their own: Postgres checks those of the table that is named, which is always the parent. They
 * are made by `attach_partition`, with the rights of its owner.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(attachPartition).execute(db)
  for (const [role, grants] of Object.entries(privileges)) {
    await sql.raw(ensureRole(role)).execute(db)
    const { rows } = await sql<{ there: boolean }>`
      SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${role}) AS there`.execute(db)
    if (!rows[0]?.there) continue
    for (const grant of [...everybody, ...grants]) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
  }
}

/** Whether the schema is there. */
const everybody = ['SELECT ON kysely_migration']

const rows = 'SELECT, INSERT, UPDATE, DELETE'
const working = [`${rows} ON job_outbox`]
const resolvingHosts = ['SELECT ON community, handle_domain, community_version']
const emitting = ['INSERT, SELECT ON event', 'USAGE ON SEQUENCE event_id']
const makingPartitions = ['EXECUTE ON FUNCTION attach_partition(text, text, bigint, bigint)']

const privileges: Record<string, string[]> = {
  heronry_entryway: [
    ...working,
    ...emitting,
    'SELECT, INSERT, UPDATE ON community, community_version',
    `${rows} ON handle_domain`,
    `${rows} ON actor, account, account_draft, session, email_token, invite_code, invite_use, signing_key, did_cache`,
    'USAGE, SELECT ON SEQUENCE actor_id_seq, store_id',
    // The first commit of a repo; its records are nobody's business here.
    'SELECT, INSERT, UPDATE ON repo',
    'SELECT ON seq_state, community_seq',
  ],
  heronry_api: [
    ...resolvingHosts,
    ...emitting,
    'SELECT ON actor, signing_key',
    `${rows} ON did_cache`,
    'SELECT, UPDATE ON repo',
    'USAGE ON SEQUENCE store_id',
    `${rows} ON record, mst_node, backlink, record_blob, blob_stray`,
    'SELECT, INSERT, UPDATE ON blob',
  ],
  heronry_sequencer: [
    ...resolvingHosts,
    ...makingPartitions,
    'SELECT ON event',
    `${rows} ON event_seq, community_seq, seq_state, event_suppress`,
  ],
  heronry_blob_worker: [...working, 'SELECT, UPDATE, DELETE ON blob', `${rows} ON blob_stray`],
  heronry_email: working,
}

/**
 * Two that make the same role at once: the second waits, and finds it there. Two that give a membership at once: one of them is
 * refused ("tuple concurrently updated"), and tries again.
 */
function ensureRole(role: string): string {
  return `DO $$
  BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
      BEGIN
        CREATE ROLE ${role} NOLOGIN;
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN RAISE NOTICE 'no right to create the role ${role}';
      END;
    END IF;
    FOR attempt IN 1..20 LOOP
      EXIT WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
      BEGIN
        EXECUTE format('GRANT ${role} TO %I', current_user);
        EXIT;
      EXCEPTION
        WHEN insufficient_privilege OR undefined_object THEN EXIT;
        WHEN unique_violation OR internal_error THEN PERFORM pg_sleep(0.05);
      END;
    END LOOP;
  END $$`
}

/** SHARE UPDATE EXCLUSIVE on the parent only: writers and readers go on. */
const attachPartition = `
  CREATE FUNCTION attach_partition(parent text, name text, first_value bigint, end_value bigint) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
  BEGIN
    IF NOT (parent = 'event' AND name ~ '^event_h[0-9]+$' OR parent = 'event_seq' AND name ~ '^event_seq_[0-9]+$') THEN
      RAISE EXCEPTION 'not a partition of ours: % of %', name, parent;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, name, first_value, end_value);
  END $$;
  REVOKE EXECUTE ON FUNCTION attach_partition(text, text, bigint, bigint) FROM PUBLIC`
