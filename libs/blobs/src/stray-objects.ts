import { HeronryError } from '@heronry/core/error'
import type { Database } from '@heronry/db/database'
import type { Transaction } from '@heronry/db/in-transaction'
import type { BlobObjects } from './blob-objects.ts'

/**
 * The record of objects that no blob row holds. A row stands there before the first byte is stored and after a blob row was
 * deleted, so that a process killed at any moment leaves nothing that nobody knows of.
 *
 * A doomed one is never held again; whoever finds it may delete the object, then the row.
 */
export async function announceObject(db: Database, key: string): Promise<void> {
  await db.insertInto('blob_stray').values({ object_key: key, doomed: false }).execute()
}

/** Called in the transaction that makes a blob row hold the object. */
export async function adoptObject(tx: Transaction, key: string): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('blob_stray')
    .where('object_key', '=', key)
    .where('doomed', '=', false)
    .executeTakeFirstOrThrow()
  // The collection took this upload for dead: it was paused for longer than its grace.
  if (numDeletedRows === 0n)
    throw new HeronryError('UpstreamTimeout', 'Operation timed out, please try again.')
}

/** Deletes objects and then their records. kill -9 in between → the next collection does it again. */
export async function deleteStrays(
  { db, objects }: { db: Database; objects: BlobObjects },
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return
  await objects.deleteMany(keys)
  await db.deleteFrom('blob_stray').where('object_key', 'in', keys).where('doomed', '=', true).execute()
}

export async function doomObject(db: Database | Transaction, key: string): Promise<void> {
  await db.updateTable('blob_stray').set({ doomed: true }).where('object_key', '=', key).execute()
}
