import type { Readable } from 'node:stream'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { HeronryError, isHeronryError } from '@heronry/core/error'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import type { BlobObjects, OpenOptions, PresignedLook, StoredObject } from './blob-objects.ts'
import { deleteKeysMax, s3RequestTimeoutMs, s3UploadTimeoutMs } from './limits.ts'
import { assertObjectKey } from './object-key.ts'
import { type ObjectOperation, ObjectStoreError } from './object-store-error.ts'
import { ownFailure } from './own-failure.ts'
import { createS3Client, type S3Options } from './s3-client.ts'
import { type S3Fault, s3Likely } from './s3-likely.ts'
import { putS3 } from './s3-put.ts'
import { watchedStream } from './watched-stream.ts'

/**
 * Objects in a bucket.
 *
 * Small bodies are one PUT, larger ones a multipart upload that is aborted when it fails. kill -9 in the middle of one leaves
 * parts that no request can name: the bucket needs a lifecycle rule that aborts incomplete multipart uploads.
 */
export function s3Objects(options: S3Options): BlobObjects & Disposable {
  const client = createS3Client(options)
  const { bucket: Bucket, uploadTimeoutMs = s3UploadTimeoutMs } = options
  const explain = (operation: ObjectOperation) => (cause: unknown) => explained(cause, { operation, options })
  const failed = (operation: ObjectOperation) => (cause: unknown) => Promise.reject(explain(operation)(cause))
  const begin = (operation: ObjectOperation, ...keys: readonly string[]) => {
    assertNoTransaction(`blob ${operation}`)
    keys.forEach(assertObjectKey)
  }
  return {
    async put(key, body, { mime }) {
      begin('put', key)
      const source = ownFailure(body)
      const put = { Bucket, Key: key, mime, body: source.chunks(), pieceTimeoutMs: uploadTimeoutMs }
      await putS3(client, put).catch((error) => {
        const own = source.failure()
        throw own === undefined ? explain('put')(error) : own.error
      })
    },
    async open(key, { range, signal }: OpenOptions = {}) {
      begin('open', key)
      const Range = range && `bytes=${range.start}-${range.end}`
      const sent = client.send(new GetObjectCommand({ Bucket, Key: key, Range }), { abortSignal: signal })
      const answer = await sent.catch((error) => {
        if (signal?.aborted === true) throw signal.reason
        return failed('open')(error)
      })
      const bytes = answer.ContentLength ?? Number.NaN
      const pauseMaxMs = options.requestTimeoutMs ?? s3RequestTimeoutMs
      const stream = watchedStream(answer.Body as Readable, { bytes, pauseMaxMs, explain: explain('open') })
      signal?.addEventListener('abort', () => stream.destroy(signal.reason), { once: true })
      return { stream, size: Number(answer.ContentRange?.split('/')[1] ?? bytes) }
    },
    async stat(key) {
      begin('stat', key)
      return await statObject(client, { Bucket, Key: key }).catch(failed('stat'))
    },
    async *list(prefix, { after } = {}) {
      begin('list')
      const request = { Bucket, Prefix: prefix, ...(after && { StartAfter: after }) }
      try {
        for await (const page of paginateListObjectsV2({ client }, request)) {
          for (const { Key, Size, LastModified } of page.Contents ?? []) {
            yield { key: Key, size: Size, modifiedAt: LastModified } as StoredObject
          }
        }
      } catch (error) {
        throw explain('list')(error)
      }
    },
    async delete(Key) {
      begin('delete', Key)
      await client.send(new DeleteObjectCommand({ Bucket, Key })).catch((error) => {
        const cause = explain('delete')(error)
        if (!isHeronryError(cause, 'BlobNotFound')) throw cause
      })
    },
    async deleteMany(keys) {
      begin('delete', ...keys)
      for (let start = 0; start < keys.length; start += deleteKeysMax) {
        await deleteObjects(client, Bucket, keys.slice(start, start + deleteKeysMax)).catch(failed('delete'))
      }
    },
    async move(from, to) {
      begin('move', from, to)
      const copy = client.send(new CopyObjectCommand({ Bucket, Key: to, CopySource: `${Bucket}/${from}` }))
      try {
        await copy
        await client.send(new DeleteObjectCommand({ Bucket, Key: from }))
      } catch (error) {
        const cause = explain('move')(error)
        if (!isHeronryError(cause, 'BlobNotFound')) throw cause
        // Moved already, or never there.
        await statObject(client, { Bucket, Key: to }).catch(failed('move'))
      }
    },
    async presign(key, { expiresInSeconds, mime, disposition }: PresignedLook) {
      begin('presign', key)
      const look = { ResponseContentType: mime, ResponseContentDisposition: disposition }
      const command = new GetObjectCommand({ Bucket, Key: key, ...look })
      return await getSignedUrl(client, command, { expiresIn: expiresInSeconds }).catch(failed('presign'))
    },
    [Symbol.dispose]: () => client.destroy(),
  }
}

/** HEAD has no body that could say whether it is the object or the bucket that is not there: the bucket is asked for as well. */
async function statObject(client: S3Client, at: { Bucket: string; Key: string }): Promise<StoredObject> {
  const answer = await client.send(new HeadObjectCommand(at)).catch(async (error) => {
    if (isMissing(error))
      await client.send(new HeadBucketCommand({ Bucket: at.Bucket })).catch(bucketIsMissing)
    throw error
  })
  return { key: at.Key, size: answer.ContentLength, modifiedAt: answer.LastModified } as StoredObject
}

function bucketIsMissing(error: unknown): never {
  throw isMissing(error) ? Object.assign(error as Error, { name: 'NoSuchBucket' }) : error
}

async function deleteObjects(client: S3Client, Bucket: string, keys: readonly string[]): Promise<void> {
  const Objects = keys.map((Key) => ({ Key }))
  const { Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }))
  const real = Errors?.find((error) => error.Code !== 'NoSuchKey')
  if (real !== undefined) throw Object.assign(new Error(real.Message ?? real.Code), { Code: real.Code })
}

function isMissing(fault: unknown): boolean {
  const { name, Code, $metadata } = fault as S3Fault
  const isNamed = name === 'NoSuchKey' || Code === 'NoSuchKey' || name === 'NotFound'
  return isNamed && $metadata?.httpStatusCode === 404
}

/** What a failed request is told as. */
function explained(
  cause: unknown,
  { operation, options }: { operation: ObjectOperation; options: S3Options },
) {
  if (cause instanceof HeronryError) return cause
  if (isMissing(cause)) return new HeronryError('BlobNotFound', 'Blob not found', { cause })
  const fault = cause as S3Fault
  const timedOut = isTimeout(fault)
  const likely = s3Likely(timedOut ? { name: 'TimeoutError' } : fault, options)
  return new ObjectStoreError({ bucket: options.bucket, operation, likely, timedOut, cause })
}

/** The only signals that a request has here are those of time-outs. The SDK calls a connection that breaks off a time-out, too. */
function isTimeout({ name, code, Code }: S3Fault): boolean {
  if (code === 'ECONNRESET' || code === 'EPIPE') return false
  return name === 'AbortError' || name === 'TimeoutError' || Code === 'RequestTimeout'
}
