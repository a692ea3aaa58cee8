import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { lastArchivedSeq } from '../archive/last-archived-seq.ts'
import type { Witness } from './witness.ts'

/** The archive: what its index says it holds. */
export function archiveWitness(objects: BlobObjects): Witness {
  return { name: 'archive', lastSeq: () => lastArchivedSeq(objects) }
}
