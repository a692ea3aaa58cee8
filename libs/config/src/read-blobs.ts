import { join } from 'node:path'
import type { EnvironmentReader } from './environment-reader.ts'
import type { BlobConfig, ObjectStoreConfig } from './house-config.ts'

const uploadTimeoutDefaultMs = 20_000
const requestTimeoutMinMs = 6000
const requestTimeoutMaxMs = 15_000

export function readBlobs(reader: EnvironmentReader): BlobConfig {
  const store = readObjectStore(reader)
  const redirect = readRedirect(reader, store)
  return { uploadBytesMax: readUploadBytesMax(reader), ...(redirect && { redirect }), ...store }
}

/** HERONRY_BLOB_REDIRECT: `presigned`, or the URL of a server that has the bucket or the folder behind it. */
function readRedirect(reader: EnvironmentReader, store: ObjectStoreConfig): BlobConfig['redirect'] {
  if (reader.string('BLOB_REDIRECT') === 'presigned') {
    if (store.kind === 'disk') {
      reader.problems.push('HERONRY_BLOB_REDIRECT=presigned needs a bucket: a disk has no URLs')
    }
    return 'presigned'
  }
  const baseUrl = reader.url('BLOB_REDIRECT', ['http:', 'https:'])
  return baseUrl === undefined ? undefined : { baseUrl }
}

/** PDS_BLOBSTORE_*: a disk or a bucket, not both. */
export function readObjectStore(reader: EnvironmentReader): ObjectStoreConfig {
  const bucket = reader.string('BLOBSTORE_S3_BUCKET')
  const location = reader.string('BLOBSTORE_DISK_LOCATION')
  if ((bucket === undefined) === (location === undefined)) {
    reader.problems.push(
      'PDS_BLOBSTORE_DISK_LOCATION or PDS_BLOBSTORE_S3_BUCKET: set one of them, and only one',
    )
  }
  if (bucket !== undefined) return readS3(reader, bucket)
  const disk = location ?? ''
  const tempLocation = reader.string('BLOBSTORE_DISK_TMP_LOCATION') ?? join(disk, 'temp')
  return { kind: 'disk', location: disk, tempLocation }
}

export function readUploadBytesMax(reader: EnvironmentReader): number {
  return reader.integer('BLOB_UPLOAD_LIMIT', 1) ?? 5_242_880
}

function readS3(reader: EnvironmentReader, bucket: string) {
  const hasKeys = reader.together('BLOBSTORE_S3_ACCESS_KEY_ID', 'BLOBSTORE_S3_SECRET_ACCESS_KEY')
  const uploadTimeoutMs = reader.integer('BLOBSTORE_S3_UPLOAD_TIMEOUT_MS', 1) ?? uploadTimeoutDefaultMs
  const requestTimeoutMs =
    reader.integer('BLOBSTORE_S3_REQUEST_TIMEOUT_MS', 1) ??
    Math.max(Math.min(uploadTimeoutMs, requestTimeoutMaxMs), requestTimeoutMinMs)
  if (requestTimeoutMs > uploadTimeoutMs && reader.string('BLOBSTORE_S3_REQUEST_TIMEOUT_MS') !== undefined) {
    reader.problems.push(
      'PDS_BLOBSTORE_S3_REQUEST_TIMEOUT_MS must not be more than PDS_BLOBSTORE_S3_UPLOAD_TIMEOUT_MS',
    )
  }
  return {
    kind: 's3',
    bucket,
    region: reader.string('BLOBSTORE_S3_REGION'),
    endpoint: reader.url('BLOBSTORE_S3_ENDPOINT', ['http:', 'https:']),
    forcePathStyle: reader.boolean('BLOBSTORE_S3_FORCE_PATH_STYLE') ?? false,
    credentials: hasKeys
      ? {
          accessKeyId: reader.string('BLOBSTORE_S3_ACCESS_KEY_ID') ?? '',
          secretAccessKey: reader.string('BLOBSTORE_S3_SECRET_ACCESS_KEY') ?? '',
        }
      : undefined,
    uploadTimeoutMs,
    requestTimeoutMs,
  } as const
}
