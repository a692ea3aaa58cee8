/**
 * Who takes repos and their stores away: the entryway deletes an account's repo row, the blob-worker the rows of a store that no
 * repo has any more. It learns which store is the live one, and of records their keys alone. Locks: ACCESS SHARE, for a moment.
 */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [role, grants] of Object.entries(privileges)) {
    const { rows } = await sql<{ there: boolean }>`
      SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = ${role}) AS there`.execute(db)
    if (!rows[0]?.there) continue
    for (const grant of grants) await sql.raw(`GRANT ${grant} TO ${role}`).execute(db)
  }
}

const privileges: Record<string, string[]> = {
  heronry_entryway: ['DELETE ON repo'],
  heronry_blob_worker: [
    'SELECT (actor_id, store_id) ON repo',
    'SELECT (store_id, path), DELETE ON record',
    'SELECT (store_id, layer, lo), DELETE ON mst_node',
    'SELECT (store_id, kind, subject, path), DELETE ON backlink',
    'SELECT (store_id, cid, path), DELETE ON record_blob',
  ],
}
