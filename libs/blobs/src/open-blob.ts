import type { Readable } from 'node:stream'
import { HeronryError, isHeronryError } from '@heronry/core/error'
import type { BlobObjects, OpenOptions } from './blob-objects.ts'
import type { FoundBlob } from './find-blob.ts'

export interface OpenBlob {
  /** The range, or the whole; destroyed by the caller when it does not read it to its end. */
  stream: Readable
}

/**
 * Opens what `findBlob` has found. An object that is not there, or not as long as it was stored, is a fault of the store: nobody is to take it for
 * the blob, nor for the answer that there is none. Errors: `UpstreamFailure`, `UpstreamTimeout`.
 */
export async function openBlob(
  objects: BlobObjects,
  { blob, ...options }: { blob: FoundBlob } & OpenOptions,
): Promise<OpenBlob> {
  const { stream, size } = await objects.open(blob.objectKey, options).catch((error) => {
    throw isHeronryError(error, 'BlobNotFound') ? lost(blob, error) : error
  })
  if (size === blob.size) return { stream }
  stream.destroy()
  throw lost(blob, new Error(`It has ${size} bytes instead of ${blob.size}`))
}
