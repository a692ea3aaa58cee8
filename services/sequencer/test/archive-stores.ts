import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { openObjects } from '@heronry/blobs/open-objects'
import { testS3 } from '@heronry/testing/s3'

export interface ArchiveStore extends AsyncDisposable {
  readonly objects: BlobObjects
  /** Of the disk alone. */
  readonly folder?: string
}

/** Both kinds of store an archive may lie in. */
export const archiveStores = [
  { name: 'disk', open: diskStore },
  { name: 's3', open: s3Store },
]

export async function diskStore(): Promise<ArchiveStore & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'heronry-archive-'))
  const options = {
    kind: 'disk',
    location: join(folder, 'blobs'),
    tempLocation: join(folder, 'temp'),
  } as const
  return {
    objects: openObjects(options),
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function s3Store(): Promise<ArchiveStore> {
  const server = await testS3()
  const { accessKeyId, secretAccessKey, ...bucket } = server.options
  const objects = openObjects({ kind: 's3', ...bucket, credentials: { accessKeyId, secretAccessKey } })
  return {
    objects,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
    },
  }
}
