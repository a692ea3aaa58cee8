import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { diskObjects } from '@heronry/blobs/disk-objects'
import { s3Objects } from '@heronry/blobs/s3-objects'
import type { BlobConfig } from '@heronry/config/house-config'

/** Where the bytes of blobs are kept. */
export function openObjects(config: BlobConfig): BlobObjects {
  if (config.kind === 'disk') return diskObjects(config)
  const { credentials, bucket, region, endpoint, forcePathStyle } = config
  return s3Objects({
    bucket,
    forcePathStyle,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...credentials,
  })
}
