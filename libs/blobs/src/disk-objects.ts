import { createWriteStream } from 'node:fs'
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HeronryError } from '@heronry/core/error'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import type { BlobObjects, ByteRange, StoredObject } from './blob-objects.ts'
import { assertObjectKey } from './object-key.ts'

export interface DiskOptions {
  /** The folder of the objects; made when missing. */
  location: string
  /** Where objects grow until they are whole. On the same file system as `location`. */
  tempLocation: string
}

/**
 * Objects as files: `<location>/<key>`.
 *
 * Invariant: a file under `location` is whole and on the platter. It grows under `tempLocation`, by a name made of its key; fsync,
 * rename, fsync of the folders. kill -9 before the rename → `delete` of the key takes the unfinished file away.
 */
export function diskObjects({ location, tempLocation }: DiskOptions): BlobObjects {
  const fileOf = (key: string) => join(location, checked(key))
  const tempOf = (key: string) => join(tempLocation, checked(key).replaceAll('/', '_'))
  return {
    async put(key, body) {
      assertNoTransaction('blob put')
      await mkdir(tempLocation, { recursive: true })
      try {
        await pipeline(body, createWriteStream(tempOf(key), { flags: 'wx', flush: true }))
        await makeDurably(dirname(fileOf(key)))
        await rename(tempOf(key), fileOf(key))
        await syncFolder(dirname(fileOf(key)))
      } catch (error) {
        await rm(tempOf(key), { force: true })
        throw error
      }
    },
    async get(key, range) {
      assertNoTransaction('blob get')
      return await openFile(fileOf(key), range)
    },
    async *list(prefix) {
      assertNoTransaction('blob list')
      const folder = join(location, prefix.slice(0, prefix.lastIndexOf('/') + 1))
      for await (const object of filesUnder(folder, location)) if (object.key.startsWith(prefix)) yield object
    },
    async delete(keys) {
      assertNoTransaction('blob delete')
      for (const key of keys) {
        await rm(fileOf(key), { force: true })
        await rm(tempOf(key), { force: true })
      }
    },
  }
}

function checked(key: string): string {
  assertObjectKey(key)
  return key
}

/** Makes a folder that survives a power cut: each new one is synced in its parent. */
async function makeDurably(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function openFile(file: string, range: ByteRange | undefined) {
  const handle = await open(file, 'r').catch((cause) => {
    if (cause.code !== 'ENOENT') throw cause
    throw new HeronryError('BlobNotFound', 'Blob not found', { cause })
  })
  const { size } = await handle.stat()
  if (size === 0) {
    await handle.close()
    return { stream: Readable.from([]), size }
  }
  return { stream: handle.createReadStream({ ...range }) as Readable, size }
}

/** No folder beside it is looked at: the events' archive must not wait for a walk through all blobs. */
async function* filesUnder(start: string, location: string): AsyncIterable<StoredObject> {
  const folder = await opendir(start, { recursive: true }).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for await (const entry of folder) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const { size, mtime } = await stat(file)
    yield { key: relative(location, file).replaceAll(sep, '/'), size, modifiedAt: mtime }
  }
}
