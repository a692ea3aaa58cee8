import { json } from 'node:stream/consumers'
import type { BlobObjects } from '@heronry/blobs/blob-objects'
import { HeronryError } from '@heronry/core/error'
import type { Seq } from '@heronry/core/ids'

/** What the archive says of itself, outside the database: a restored one may know less. */
export interface ArchiveIndex {
  readonly epoch: number
  /** Everything up to it stands in segments, or has been dropped from there since. */
  readonly lastSeq: Seq
}

/**
 * Two small objects, one for terms of even and one for terms of odd epoch, so that a leader that was overtaken does not overwrite
 * what its successor says.
 */
const keys = ['firehose/index/0', 'firehose/index/1'] as const

export async function writeArchiveIndex(objects: BlobObjects, index: ArchiveIndex): Promise<void> {
  const key = index.epoch % 2 === 0 ? keys[0] : keys[1]
  try {
    await objects.put(key, bytesOf(index), { mime: 'application/json' })
  } catch (error) {
    // kill -9 during an earlier write may have left what stands in the way of this one. The other object is there meanwhile.
    await objects.delete(key)
    throw error
  }
}

/** Both objects, those that are there. */
export async function readArchiveIndexes(objects: BlobObjects): Promise<ArchiveIndex[]> {
  const indexes = await Promise.all(keys.map((key) => readIndex(objects, key)))
  return indexes.filter((index) => index !== undefined)
}

async function readIndex(objects: BlobObjects, key: string): Promise<ArchiveIndex | undefined> {
  try {
    const { stream } = await objects.open(key)
    return archiveIndex(key, await json(stream))
  } catch (error) {
    if (error instanceof HeronryError && error.code === 'BlobNotFound') return undefined
    throw error
  }
}

function archiveIndex(key: string, value: unknown): ArchiveIndex {
  const { epoch, lastSeq } = value as { epoch: unknown; lastSeq: unknown }
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(lastSeq)) throw new Error(`Not an index: ${key}`)
  return { epoch: epoch as number, lastSeq: lastSeq as Seq }
}

async function* bytesOf({ epoch, lastSeq }: ArchiveIndex): AsyncIterable<Uint8Array> {
  yield Buffer.from(JSON.stringify({ epoch, lastSeq }))
}
