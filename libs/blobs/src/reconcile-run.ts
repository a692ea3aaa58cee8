import type { Database } from '@heronry/db/database'
import { sql } from 'kysely'
import { reconcileRunsKept } from './limits.ts'
import { objectFolders } from './object-key.ts'

/** First every object of each folder, then every row. */
export const reconcileSteps = [...objectFolders, 'rows'] as const

export type ReconcileStep = (typeof reconcileSteps)[number]

export interface ReconcileOptions {
  /** Only looks. */
  readonly isDry: boolean
  /** Objects without rows that are taken away at most; the rest is only reported. */
  readonly straysMax: number
}

/** How far a comparison has come, and what it has found. */
export interface ReconcileRun extends ReconcileOptions {
  readonly id: bigint
  step: ReconcileStep
  /** What the step has done up to: a key, or an actor's number. */
  cursor: string
  objects: number
  strays: number
  blobs: number
  missing: number
}

/** The run of these options that was broken off; else a new one. */
export async function openRun(db: Database, { isDry, straysMax }: ReconcileOptions): Promise<ReconcileRun> {
  const open = await db
    .selectFrom('blob_reconcile')
    .select(columns)
    .where('ended_at', 'is', null)
    .where('is_dry', '=', isDry)
    .where('strays_max', '=', BigInt(straysMax))
    .orderBy('id', 'desc')
    .executeTakeFirst()
  const row =
    open ??
    (await db
      .insertInto('blob_reconcile')
      .values({ is_dry: isDry, strays_max: BigInt(straysMax) })
      .returning(columns)
      .executeTakeFirstOrThrow())
  return {
    id: row.id,
    isDry,
    straysMax,
    step: row.step as ReconcileStep,
    cursor: row.cursor,
    objects: Number(row.objects),
    strays: Number(row.strays),
    blobs: Number(row.blobs),
    missing: Number(row.missing),
  }
}

/** After each page: what comes after a kill begins behind it. */
export async function saveRun(db: Database, run: ReconcileRun): Promise<void> {
  await db
    .updateTable('blob_reconcile')
    .set({
      step: run.step,
      cursor: run.cursor,
      objects: BigInt(run.objects),
      strays: BigInt(run.strays),
      blobs: BigInt(run.blobs),
      missing: BigInt(run.missing),
    })
    .where('id', '=', run.id)
    .execute()
}

export async function endRun(db: Database, { id }: ReconcileRun): Promise<void> {
  await db.updateTable('blob_reconcile').set({ ended_at: sql<Date>`now()` }).where('id', '=', id).execute()
  await db
    .deleteFrom('blob_reconcile')
    .where('id', '<=', id - BigInt(reconcileRunsKept))
    .execute()
}

const columns = ['id', 'step', 'cursor', 'objects', 'strays', 'blobs', 'missing'] as const
