import type { Readable } from 'node:stream'
import type { Digest } from '@heronry/core/cid'
import type { ActorId } from '@heronry/core/ids'
import type { Database } from '@heronry/db/database'
import type { BlobObjects, ByteRange } from './blob-objects.ts'
import { findBlob } from './find-blob.ts'

export interface OpenBlob {
  /** The range, or the whole; destroyed by the caller when it does not read it to its end. */
  stream: Readable
  mime: string
  /** Bytes of the whole blob. */
  size: number
}

/** Opens a blob that `findBlob` finds. Throws `BlobNotFound` also where the object went away in between. */
export async function openBlob(
  { db, objects }: { db: Database; objects: BlobObjects },
  { actorId, cid, range }: { actorId: ActorId; cid: Digest; range?: ByteRange | undefined },
): Promise<OpenBlob> {
  const { objectKey, mime, size } = await findBlob(db, { actorId, cid })
  const { stream } = await objects.open(objectKey, { range })
  return { stream, mime, size }
}
