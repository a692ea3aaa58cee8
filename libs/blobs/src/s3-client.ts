import { S3Client } from '@aws-sdk/client-s3'
import { contentMd5 } from './content-md5.ts'
import { s3AttemptsMax, s3ConnectTimeoutMs, s3RequestTimeoutMs, s3SocketsMax } from './limits.ts'

/** `PDS_BLOBSTORE_S3_*`. Without keys the SDK's own chain finds them (environment, instance role). */
export interface S3Options {
  bucket: string
  region?: string | undefined
  endpoint?: string | undefined
  forcePathStyle?: boolean | undefined
  accessKeyId?: string | undefined
  secretAccessKey?: string | undefined
  /** How long the store may keep an upload waiting, with all that is tried again. */
  uploadTimeoutMs?: number | undefined
  /** One request, until it is answered; and how long an answer may pause. */
  requestTimeoutMs?: number | undefined
}

export function createS3Client(options: S3Options): S3Client {
  const { region = 'us-east-1', endpoint, forcePathStyle = false, accessKeyId, secretAccessKey } = options
  const given = accessKeyId !== undefined && secretAccessKey !== undefined
  const sockets = { keepAlive: true, maxSockets: s3SocketsMax }
  const client = new S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(given && { credentials: { accessKeyId, secretAccessKey } }),
    // Servers written before 2025 refuse the checksums the SDK would send by itself.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With it the SDK opens a connection of its own for every part.
    expectContinueHeader: false,
    maxAttempts: s3AttemptsMax,
    requestHandler: {
      connectionTimeout: s3ConnectTimeoutMs,
      requestTimeout: options.requestTimeoutMs ?? s3RequestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: sockets,
      httpsAgent: sockets,
    },
  })
  client.middlewareStack.add(contentMd5, { step: 'build', priority: 'low', name: 'heronryContentMd5' })
  return client
}
