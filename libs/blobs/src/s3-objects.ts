import { Readable } from 'node:stream'
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { HeronryError } from '@heronry/core/error'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import type { BlobObjects, StoredObject } from './blob-objects.ts'
import { contentMd5 } from './content-md5.ts'
import { deleteKeysMax, s3ConnectTimeoutMs, s3PartBytes, s3RequestTimeoutMs } from './limits.ts'
import { assertObjectKey } from './object-key.ts'

/** `PDS_BLOBSTORE_S3_*`. Without keys the SDK's own chain finds them (environment, instance role). */
export interface S3Options {
  bucket: string
  region?: string | undefined
  endpoint?: string | undefined
  forcePathStyle?: boolean | undefined
  accessKeyId?: string | undefined
  secretAccessKey?: string | undefined
}

/**
 * Objects in a bucket.
 *
 * Small bodies are one PUT, larger ones a multipart upload that is aborted when it fails. kill -9 in the middle of one leaves
 * parts that no request can name: the bucket needs a lifecycle rule that aborts incomplete multipart uploads.
 */
export function s3Objects(options: S3Options): BlobObjects & Disposable {
  const client = new S3Client(clientConfig(options))
  client.middlewareStack.add(contentMd5, { step: 'build', priority: 'low', name: 'heronryContentMd5' })
  const Bucket = options.bucket
  return {
    async put(key, body, { mime }) {
      assertNoTransaction('blob put')
      assertObjectKey(key)
      const source = remembered(body)
      const params = { Bucket, Key: key, Body: Readable.from(source.chunks()), ContentType: mime }
      const upload = new Upload({
        client,
        params,
        partSize: s3PartBytes,
        queueSize: 1,
        leavePartsOnError: false,
      })
      // Where aborting fails as well, the SDK tells of that alone.
      await upload.done().catch((error) => Promise.reject(source.failure() ?? error))
    },
    async get(key, range) {
      assertNoTransaction('blob get')
      assertObjectKey(key)
      const Range = range && `bytes=${range.start}-${range.end}`
      const answer = await client.send(new GetObjectCommand({ Bucket, Key: key, Range })).catch(notFound)
      const whole = answer.ContentRange?.split('/')[1] ?? answer.ContentLength
      return { stream: answer.Body as Readable, size: Number(whole) }
    },
    async *list(prefix) {
      assertNoTransaction('blob list')
      for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix })) {
        for (const { Key, Size, LastModified } of page.Contents ?? []) {
          yield { key: Key, size: Size, modifiedAt: LastModified } as StoredObject
        }
      }
    },
    async delete(keys) {
      assertNoTransaction('blob delete')
      keys.forEach(assertObjectKey)
      for (let start = 0; start < keys.length; start += deleteKeysMax) {
        const Objects = keys.slice(start, start + deleteKeysMax).map((Key) => ({ Key }))
        const { Errors } = await client.send(
          new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
        )
        const real = Errors?.find((error) => error.Code !== 'NoSuchKey')
        if (real !== undefined) throw new Error(`S3 did not delete an object: ${real.Code}`)
      }
    },
    [Symbol.dispose]: () => client.destroy(),
  }
}

function clientConfig(options: S3Options): S3ClientConfig {
  const { region = 'us-east-1', endpoint, forcePathStyle = false, accessKeyId, secretAccessKey } = options
  const given = accessKeyId !== undefined && secretAccessKey !== undefined
  return {
    region,
    forcePathStyle,
    ...(endpoint !== undefined && { endpoint }),
    ...(given && { credentials: { accessKeyId, secretAccessKey } }),
    // Servers written before 2025 refuse the checksums the SDK would send by itself.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: s3ConnectTimeoutMs,
      requestTimeout: s3RequestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  }
}

/** A body whose own failure can be told from the store's. */
function remembered(body: AsyncIterable<Uint8Array>) {
  let failure: unknown
  return {
    failure: () => failure,
    async *chunks() {
      try {
        yield* body
      } catch (error) {
        failure = error
        throw error
      }
    },
  }
}

function notFound(cause: unknown): never {
  if (cause instanceof NoSuchKey) throw new HeronryError('BlobNotFound', 'Blob not found', { cause })
  throw cause
}
