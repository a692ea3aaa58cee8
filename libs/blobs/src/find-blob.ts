import type { Digest } from '@heronry/core/cid'
import { HeronryError } from '@heronry/core/error'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import { blobStates } from './blob-state.ts'

export interface FoundBlob {
  objectKey: string
  mime: string
  size: number
}

/** A blob the world may read: referenced by a record, not taken down, and not waiting for the scanner. Throws `BlobNotFound`. */
export async function findBlob(
  db: Database,
  { actorId, cid }: { actorId: ActorId; cid: Digest },
): Promise<FoundBlob> {
  const row = await db
    .selectFrom('blob')
    .select(['object_key', 'mime', 'size'])
    .where('actor_id', '=', actorId)
    .where('cid', '=', cid)
    .where('state', '=', blobStates.referenced)
    .where('takedown_ref', 'is', null)
    .where('held_since', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new HeronryError('BlobNotFound', 'Blob not found')
  return { objectKey: row.object_key, mime: row.mime, size: Number(row.size) }
}
