import type { Digest } from '@heronry/core/cid'
import type { ActorId, CommunityId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { inTransaction } from '@heronry/db/in-transaction'
import { sql } from 'kysely'
import type { RepoActor } from '../repo-state.ts'
import { dropImportWhenDue, withdrawDropImport } from './drop-import.ts'
import { importMsMax } from './limits.ts'
import { unstage } from './unstage.ts'

/** `repo_import.state` */
export const importStates = { arriving: 0, waiting: 1, working: 2, done: 3, refused: 4 } as const

export interface ImportKey {
  readonly actorId: ActorId
  readonly importId: bigint
}

/**
 * Begins an import. Invariant: an account has one at a time, the last one that was begun; an earlier one finds out when it wants to flip. Until it
 * has ended there is a job that takes away what is left of it, written before its first block.
 */
export async function beginImport(db: Database, { id, communityId }: RepoActor): Promise<ImportKey> {
  return await inTransaction(db, { name: 'begin import' }, async (tx) => {
    const { rows } = await sql<{ id: bigint }>`
      INSERT INTO repo_import (actor_id, community_id) VALUES (${id}, ${communityId})
      ON CONFLICT (actor_id) DO UPDATE SET id = DEFAULT, commit_cid = NULL, blocks = 0, state = 0, error = NULL, touched_at = now()
      RETURNING id`.execute(tx)
    const importId = rows[0]?.id as bigint
    await dropImportWhenDue(tx, { importId, runAt: new Date(Date.now() + importMsMax) })
    return { actorId: id, importId }
  })
}

export interface ImportState {
  readonly state: number
  readonly error: string | null
  readonly commit: Digest | null
  readonly blocks: bigint
}

/** Undefined where a later import of the account has taken its place. */
export async function findImport(
  db: Database,
  { actorId, importId }: ImportKey,
): Promise<ImportState | undefined> {
  const row = await db
    .selectFrom('repo_import')
    .select(['state', 'error', 'commit_cid', 'blocks'])
    .where('actor_id', '=', actorId)
    .where('id', '=', importId)
    .executeTakeFirst()
  return row && { ...row, commit: row.commit_cid as Digest | null }
}

/** The import of the account that waits for a worker, or has one; undefined: none does. */
export async function findOpenImport(
  db: Database,
  actorId: ActorId,
): Promise<{ importId: bigint; commit: Digest } | undefined> {
  const row = await db
    .selectFrom('repo_import')
    .select(['id', 'commit_cid'])
    .where('actor_id', '=', actorId)
    .where('state', 'in', [importStates.waiting, importStates.working])
    .executeTakeFirst()
  return row && { importId: row.id, commit: row.commit_cid as Digest }
}

/** False where a later import has taken its place. */
export async function setImport(
  db: Database,
  { actorId, importId }: ImportKey,
  change: { state: number; error?: string; commit?: Digest; blocks?: number },
): Promise<boolean> {
  const { commit, blocks, ...rest } = change
  const { numUpdatedRows } = await db
    .updateTable('repo_import')
    .set({
      ...rest,
      ...(commit && { commit_cid: commit }),
      ...(blocks !== undefined && { blocks: BigInt(blocks) }),
      touched_at: sql<Date>`now()`,
    })
    .where('actor_id', '=', actorId)
    .where('id', '=', importId)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** How many other imports of its community are being worked on, and whether another community waits for a worker. */
export async function importShare(
  db: Database,
  { importId, actor: { communityId } }: { importId: bigint; actor: { communityId: CommunityId } },
): Promise<{ working: number; othersWait: boolean }> {
  const { rows } = await sql<{ working: bigint; others_wait: boolean }>`
    SELECT count(*) FILTER (WHERE state = ${importStates.working} AND community_id = ${communityId} AND id <> ${importId}) AS working,
      coalesce(bool_or(state = ${importStates.waiting} AND community_id <> ${communityId}), false) AS others_wait
    FROM repo_import WHERE state IN (1, 2)`.execute(db)
  return { working: Number(rows[0]?.working ?? 0n), othersWait: rows[0]?.others_wait ?? false }
}

/** Takes away what was staged, a bounded number of rows in each statement, and the job that stood for it. */
export async function endImport(db: Database, { actorId, importId }: ImportKey): Promise<void> {
  await unstage(db, importId)
  await inTransaction(db, { name: 'end import' }, async (tx) => {
    await tx.deleteFrom('repo_import').where('actor_id', '=', actorId).where('id', '=', importId).execute()
    await withdrawDropImport(tx, importId)
  })
}

export async function countStaged(db: Database, importId: bigint): Promise<bigint> {
  const { count } = await db
    .selectFrom('import_block')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('import_id', '=', importId)
    .executeTakeFirstOrThrow()
  return count
}
