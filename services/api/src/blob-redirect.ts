import type { BlobObjects } from '@heronry/blobs/blob-objects'
import type { FoundBlob } from '@heronry/blobs/find-blob'
import { presignedSeconds } from './limits.ts'

/**
 * Where clients are sent for a blob's bytes: to the bucket itself by a URL that is good for minutes, or to a server of their own that has the
 * bucket behind it. Either is asked only for what the world may see at that moment.
 */
export type BlobRedirect = 'presigned' | { readonly baseUrl: string }

interface RedirectedBlob extends Pick<FoundBlob, 'objectKey' | 'mime'> {
  /** Content-Disposition */
  readonly disposition: string
}

/** Undefined: nowhere, the bytes are sent from here. */
export async function blobLocation(
  { objects, redirect }: { objects: BlobObjects; redirect: BlobRedirect | undefined },
  { objectKey, mime, disposition }: RedirectedBlob,
): Promise<string | undefined> {
  if (redirect === undefined) return undefined
  if (redirect !== 'presigned') return `${redirect.baseUrl.replace(/\/$/, '')}/${objectKey}`
  return await objects.presign?.(objectKey, { mime, disposition, expiresInSeconds: presignedSeconds })
}
