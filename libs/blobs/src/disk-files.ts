import { createReadStream, type Dirent } from 'node:fs'
import { mkdir, open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { HeronryError } from '@heronry/core/error'
import type { OpenOptions, StoredObject } from './blob-objects.ts'
import { diskReadBytes } from './limits.ts'

/** Makes a folder that survives a power cut: each new one is synced in its parent. */
export async function makeDurably(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export async function openFile(file: string, { range, signal }: OpenOptions) {
  const handle = await open(file, 'r').catch(missing)
  const { size } = await handle.stat()
  if (size === 0) {
    await handle.close()
    return { stream: Readable.from([]), size }
  }
  return {
    stream: createReadStream(file, {
      ...range,
      fd: handle,
      signal,
      highWaterMark: diskReadBytes,
    }) as Readable,
    size,
  }
}

export async function statFile(file: string): Promise<Omit<StoredObject, 'key'>> {
  const { size, mtime } = await stat(file).catch(missing)
  return { size, modifiedAt: mtime }
}

/** ENOENT is an object that is not there. */
function missing(cause: { code?: string }): never {
  if (cause.code !== 'ENOENT') throw cause
  throw new HeronryError('BlobNotFound', 'Blob not found', { cause: cause as Error })
}

export interface Walk {
  /** The folder of all objects. */
  readonly location: string
  readonly prefix: string
  /** The last key that is not wanted any more; '' before the first. */
  readonly after: string
}

/**
 * Keys below `location` that begin with `prefix`, in their order, without a look into a folder that cannot hold one: the events' archive must
 * not wait for a walk through all blobs, nor a walk that goes on for what it has seen. Memory: the names of one folder a level.
 */
export async function* keysInOrder(walk: Walk, folder = ''): AsyncIterable<string> {
  const entries = await readdir(join(walk.location, folder), { withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  // As keys compare: a folder by its name with the slash that follows it.
  const names = entries.map(named).sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const { name, isFolder } of names) {
    const key = folder + name
    if (isFolder ? isWorthEntering(walk, key) : key.startsWith(walk.prefix) && key > walk.after) {
      if (isFolder) yield* keysInOrder(walk, key)
      else yield key
    }
  }
}

function named(entry: Dirent): { name: string; isFolder: boolean } {
  const isFolder = entry.isDirectory()
  return { name: isFolder ? `${entry.name}/` : entry.name, isFolder }
}

/** Whether a key that starts with `folder` may have the prefix and lie behind the cursor. */
function isWorthEntering({ prefix, after }: Walk, folder: string): boolean {
  const mayHavePrefix = folder.startsWith(prefix) || prefix.startsWith(folder)
  return mayHavePrefix && (folder > after || after.startsWith(folder))
}
