import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { bodyParts } from './body-parts.ts'
import { s3PartBytes, s3SmallBytes } from './limits.ts'

interface S3Put {
  readonly Bucket: string
  readonly Key: string
  readonly mime: string
  readonly body: AsyncIterable<Uint8Array>
  /** How long the store may take over one piece. */
  readonly pieceTimeoutMs: number
}

/**
 * Stores a body: in one request where it fits a part, else as a multipart upload that is aborted when anything fails. Memory: one part,
 * whatever the size. The client is not read from while the store has the turn, and the store's time is not counted while the client has.
 */
export async function putS3(client: S3Client, put: S3Put): Promise<void> {
  const { Bucket, Key, mime, body } = put
  let upload: Multipart | undefined
  try {
    for await (const { part, isLast } of bodyParts(body, { bytes: s3PartBytes, small: s3SmallBytes })) {
      const abortSignal = AbortSignal.timeout(put.pieceTimeoutMs)
      if (upload === undefined && isLast) {
        await client.send(new PutObjectCommand({ Bucket, Key, ContentType: mime, Body: part }), {
          abortSignal,
        })
        return
      }
      upload ??= await beginMultipart(client, { Bucket, Key, ContentType: mime }, abortSignal)
      await upload.add(part, abortSignal)
    }
    await upload?.complete(AbortSignal.timeout(put.pieceTimeoutMs))
  } catch (error) {
    // Where this fails as well, the bucket's lifecycle rule ends it; what is told of is the first failure.
    await upload?.abort(AbortSignal.timeout(put.pieceTimeoutMs)).catch(() => {})
    throw error
  }
}

type Multipart = Awaited<ReturnType<typeof beginMultipart>>

async function beginMultipart(
  client: S3Client,
  object: { Bucket: string; Key: string; ContentType: string },
  abortSignal: AbortSignal,
) {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object), { abortSignal })
  const { ContentType, ...at } = { ...object, UploadId }
  const Parts: CompletedPart[] = []
  return {
    async add(Body: Uint8Array, abortSignal: AbortSignal) {
      const PartNumber = Parts.length + 1
      const { ETag } = await client.send(new UploadPartCommand({ ...at, PartNumber, Body }), { abortSignal })
      Parts.push({ PartNumber, ETag })
    },
    async complete(abortSignal: AbortSignal) {
      const command = new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts } })
      await client.send(command, { abortSignal })
    },
    async abort(abortSignal: AbortSignal) {
      await client.send(new AbortMultipartUploadCommand(at), { abortSignal })
    },
  }
}
