import { once } from 'node:events'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Holds a folder for this process until it ends; false when another process has it. The folder is known by device and inode,
 * whatever path leads to it.
 *
 * The lock is a listening socket: it goes with its process, however that ends. On Linux its name lives in the kernel only
 * (an abstract socket); elsewhere it is a file, and one that nobody answers on is stale.
 *
 * @param {string} folder made if it is missing, for its owner's eyes only
 * @returns {Promise<{ release(): void } | undefined>}
 */
export async function lockFolder(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { dev, ino } = statSync(folder)
  const name = `heronry-${dev}-${ino}`
  if (process.platform === 'linux') return listen(`\0${name}`)
  const path = join(tmpdir(), `${name}.sock`)
  const lock = await listen(path)
  if (lock !== undefined || (await answers(path))) return lock
  rmSync(path, { force: true })
  return listen(path)
}

/**
 * Waits until nobody else holds the folder.
 *
 * @param {string} folder
 * @param {() => void} onWait called once when there is something to wait for
 */
export async function waitForFolder(folder, onWait) {
  for (let attempt = 0; ; attempt++) {
    const lock = await lockFolder(folder)
    if (lock !== undefined) return lock
    if (attempt === 0) onWait()
    await delay(200)
  }
}

/** @param {string} path */
async function listen(path) {
  const server = createServer((socket) => socket.destroy())
  server.listen(path).unref()
  try {
    await once(server, 'listening')
    return { release: () => void server.close() }
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EADDRINUSE') return undefined
    throw error
  }
}

/** @param {string} path */
async function answers(path) {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
