import type { Readable } from 'node:stream'
import type { BlobObjects, OpenOptions } from './blob-objects.ts'
import type { FoundBlob } from './find-blob.ts'
import { ObjectStoreError } from './object-store-error.ts'

/**
 * The range, or the whole, of what `findBlob` has found; destroyed by the caller when it does not read it to its end. Errors: `BlobNotFound`
 * where the object went away in between; `UpstreamFailure` where it is not as long as it was stored, for a part must not pass for the blob.
 */
export async function openBlob(
  { objects }: { objects: BlobObjects },
  { blob, ...options }: { blob: FoundBlob } & OpenOptions,
): Promise<Readable> {
  const { objectKey, size: expected } = blob
  const { stream, size } = await objects.open(objectKey, options)
  if (size === expected) return stream
  stream.destroy()
  throw new ObjectStoreError({
    bucket: objectKey,
    operation: 'open',
    likely:
      'The object was changed or cut short behind Heronry’s back: restore it from a backup of the bucket or the folder',
    cause: new Error(`${objectKey} has ${size} bytes instead of ${expected}`),
  })
}
