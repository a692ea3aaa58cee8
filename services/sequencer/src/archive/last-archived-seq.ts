import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { Seq } from '@heronry/core/ids'
import { readArchiveIndexes } from './archive-index.ts'

/**
 * The last seq the archive holds, as it says itself: a witness of what was numbered, where the database may have been put back.
 * Undefined: nothing was ever archived. Two reads of a small object; a store that does not answer rejects.
 */
export async function lastArchivedSeq(objects: BlobObjects): Promise<Seq | undefined> {
  const seqs = (await readArchiveIndexes(objects)).map(({ lastSeq }) => lastSeq)
  return seqs.length === 0 ? undefined : (Math.max(...seqs) as Seq)
}
