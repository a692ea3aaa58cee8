import type { BlobObjects } from './blob-objects.ts'
import { type DiskOptions, diskObjects } from './disk-objects.ts'
import type { S3Options } from './s3-client.ts'
import { s3Objects } from './s3-objects.ts'

type BucketOptions = Omit<S3Options, 'accessKeyId' | 'secretAccessKey'> & {
  /** Undefined: the SDK's own chain finds them (environment, instance role). */
  credentials: { accessKeyId: string; secretAccessKey: string } | undefined
}

/** Where the bytes of blobs are kept. */
export type ObjectsOptions = Readonly<({ kind: 'disk' } & DiskOptions) | ({ kind: 's3' } & BucketOptions)>

export function openObjects(options: ObjectsOptions): BlobObjects {
  if (options.kind === 'disk') return diskObjects(options)
  const { credentials, ...bucket } = options
  return s3Objects({ ...bucket, ...credentials })
}
