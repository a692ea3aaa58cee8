import { isHeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import { inTransaction, type Transaction } from '@heronry/db/in-transaction'
import { enqueue } from '@heronry/jobs/enqueue'
import type { JobRun } from '@heronry/jobs/handler'
import { type BlobAt, blobOf, type NamedBlob, nameOf, placeBlob } from './blob-jobs.ts'
import type { CareDeps } from './care-deps.ts'
import { elsewhere, isQuarantined } from './object-key.ts'

/** In the transaction that takes a blob down or gives it back, which holds its row: so a job that ends meanwhile has seen the change. */
export async function enqueuePlace(tx: Transaction, blob: BlobAt): Promise<void> {
  const payload = nameOf(blob)
  await enqueue(tx, placeBlob, { key: `${placeBlob.name}-${payload.actorId}-${payload.cid}`, payload })
}

/**
 * Moves the object of a blob where its takedown says: `q/` out of reach, `b/` back. Nobody reads it meanwhile: the row has said so before.
 *
 * kill -9 before the move → the next attempt moves; behind it → it finds the object moved (`BlobObjects.move`) and writes the row. Until
 * then the row names where the object was. What is decided anew while an object moves is done in another round.
 */
export async function runPlaceBlob(
  deps: CareDeps,
  { payload, signal, complete }: JobRun<NamedBlob>,
): Promise<void> {
  const blob = blobOf(payload)
  for (;;) {
    signal.throwIfAborted()
    const row = await find(deps.db, blob)
    if (row === undefined) return
    const key = placeOf(row)
    const isThere = await moveTo(deps, key)
    const isDone = await inTransaction(deps.db, { name: 'place-blob' }, async (tx) => {
      const now = await find(tx, blob, { lock: true })
      if (now !== undefined && placeOf(now) !== key) return false
      if (isThere && now !== undefined) await setKey(tx, blob, key)
      await complete(tx)
      return true
    })
    if (!isDone) continue
    report(deps, { blob, key, isThere, hasMoved: row.object_key !== key })
    return
  }
}

interface PlacedRow {
  readonly object_key: string
  readonly takedown_ref: string | null
}

function placeOf({ object_key, takedown_ref }: PlacedRow): string {
  return isQuarantined(object_key) === (takedown_ref !== null) ? object_key : elsewhere(object_key)
}

async function find(
  db: Database,
  { actorId, cid }: BlobAt,
  { lock = false } = {},
): Promise<PlacedRow | undefined> {
  return await db
    .selectFrom('blob')
    .select(['object_key', 'takedown_ref'])
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .$if(lock, (query) => query.forNoKeyUpdate())
    .executeTakeFirst()
}

/** False where the object is in neither place. */
async function moveTo({ objects }: CareDeps, key: string): Promise<boolean> {
  try {
    await objects.move(elsewhere(key), key)
    return true
  } catch (error) {
    if (isHeronryError(error, 'BlobNotFound')) return false
    throw error
  }
}

async function setKey(tx: Transaction, { actorId, cid }: BlobAt, key: string): Promise<void> {
  await tx
    .updateTable('blob')
    .set({ object_key: key })
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .execute()
}

function report(
  { logger, metrics }: CareDeps,
  { blob, key, isThere, hasMoved }: { blob: BlobAt; key: string; isThere: boolean; hasMoved: boolean },
): void {
  if (!isThere) return void logger.error(nameOf(blob), 'a blob that was to be moved has no object')
  if (!hasMoved) return
  const what = isQuarantined(key) ? 'quarantined' : 'restored'
  metrics?.count('pds_blob_care_total', { what })
  logger.info(nameOf(blob), `blob ${what}`)
}
