import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { isHeronryError } from '@heronry/core/error'
import { assertNoTransaction } from '@heronry/db/in-transaction'
import type { BlobObjects } from './blob-objects.ts'
import { keysInOrder, makeDurably, openFile, statFile, syncFolder } from './disk-files.ts'
import { diskLikely } from './disk-likely.ts'
import { diskWriteBytes } from './limits.ts'
import { assertObjectKey } from './object-key.ts'
import { type ObjectOperation, ObjectStoreError } from './object-store-error.ts'
import { ownFailure } from './own-failure.ts'

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
  const explained = (operation: ObjectOperation) => (cause: unknown) => {
    if (isHeronryError(cause) || (cause as Error).name === 'AbortError') throw cause
    throw new ObjectStoreError({ bucket: location, operation, likely: diskLikely(cause, location), cause })
  }
  const remove = async (key: string) => {
    await rm(fileOf(key), { force: true }).catch(explained('delete'))
    await rm(tempOf(key), { force: true }).catch(explained('delete'))
  }
  return {
    async put(key, body) {
      assertNoTransaction('blob put')
      const [file, temp] = [fileOf(key), tempOf(key)]
      const source = ownFailure(body)
      const write = async () => {
        await makeDurably(tempLocation)
        const written = { flags: 'wx', flush: true, highWaterMark: diskWriteBytes }
        await pipeline(source.chunks(), createWriteStream(temp, written))
        await renameDurably(temp, file)
      }
      await write().catch(async (error) => {
        await rm(temp, { force: true }).catch(() => {})
        const own = source.failure()
        if (own !== undefined) throw own.error
        explained('put')(error)
      })
    },
    async open(key, options = {}) {
      assertNoTransaction('blob open')
      return await openFile(fileOf(key), options).catch(explained('open'))
    },
    async stat(key) {
      assertNoTransaction('blob stat')
      return { key, ...(await statFile(fileOf(key)).catch(explained('stat'))) }
    },
    async *list(prefix, { after = '' } = {}) {
      assertNoTransaction('blob list')
      try {
        for await (const key of keysInOrder({ location, prefix, after })) {
          // It may have gone since its folder was read.
          const found = await statFile(join(location, key)).catch(absent)
          if (found !== undefined) yield { key, ...found }
        }
      } catch (error) {
        explained('list')(error)
      }
    },
    async delete(key) {
      assertNoTransaction('blob delete')
      await remove(key)
    },
    async deleteMany(keys) {
      assertNoTransaction('blob delete')
      keys.forEach(assertObjectKey)
      for (const key of keys) await remove(key)
    },
    async move(from, to) {
      assertNoTransaction('blob move')
      const [source, target] = [fileOf(from), fileOf(to)]
      const move = async () => {
        const isThere = await exists(source)
        // Moved already, or never there.
        if (isThere) await renameDurably(source, target)
        else await statFile(target)
      }
      await move().catch(explained('move'))
    },
  }
}

function checked(key: string): string {
  assertObjectKey(key)
  return key
}

function absent(error: unknown): undefined {
  if (!isHeronryError(error, 'BlobNotFound')) throw error
}

async function exists(file: string): Promise<boolean> {
  return (await statFile(file).catch(absent)) !== undefined
}

async function renameDurably(from: string, to: string): Promise<void> {
  await makeDurably(dirname(to))
  await rename(from, to)
  await syncFolder(dirname(to))
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from))
}
