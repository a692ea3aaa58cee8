import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Database } from '@heronry/db/database'
import { segmentsPrefix } from '../archive/archiver.ts'
import { segmentsDroppedMax } from '../limits.ts'

/** Deletes the objects of the archive that no row names and that are older than anything the archive keeps. */
export async function sweepStrays(
  { db, objects }: { db: Database; objects: BlobObjects },
  { keptMs }: { keptMs: number },
): Promise<void> {
  const oldest = Date.now() - keptMs - graceMs
  let keys: string[] = []
  for await (const { key, modifiedAt } of objects.list(segmentsPrefix)) {
    if (modifiedAt.getTime() >= oldest) continue
    keys.push(key)
    if (keys.length === segmentsDroppedMax) {
      await deleteStrays({ db, objects }, keys)
      keys = []
    }
  }
  if (keys.length > 0) await deleteStrays({ db, objects }, keys)
}

/** Longer than a segment is under way from its object to its row. */
const graceMs = 3_600_000

async function deleteStrays(
  { db, objects }: { db: Database; objects: BlobObjects },
  keys: readonly string[],
) {
  const rows = await db
    .selectFrom('event_segment')
    .select('object_key')
    .where('object_key', 'in', keys)
    .execute()
  const known = new Set(rows.map((row) => row.object_key))
  await objects.deleteMany(keys.filter((key) => !known.has(key)))
}
