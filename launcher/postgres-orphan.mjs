import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a Postgres that outlived its launcher may take to end in good order. */
const shutdownMaxMs = 10_000

/**
 * Clears the way for a new server on a data folder, after whatever a kill has left: a server still running is stopped, a
 * `postmaster.pid` whose number now belongs to another process, or which is half written, is removed. One of a process that is
 * gone is left to Postgres, which then looks for shared memory still in use.
 *
 * The caller holds the lock of the folder: nobody starts a server meanwhile.
 *
 * @param {string} folder
 */
export async function clearOrphan(folder) {
  const file = join(folder, 'postmaster.pid')
  if (!existsSync(file)) return
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
  if (Number.isInteger(pid) && isServerOf(pid, folder)) await stop(pid, folder)
  else if (!Number.isInteger(pid) || isAlive(pid)) rmSync(file, { force: true })
}

/** @param {number} pid @param {string} folder */
async function stop(pid, folder) {
  console.log(`Stopping the Postgres (${pid}) that an earlier start left behind…`)
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + shutdownMaxMs
  while (isServerOf(pid, folder)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL')
    await delay(50)
  }
}

/** A server works inside its data folder. @param {number} pid @param {string} folder */
function isServerOf(pid, folder) {
  try {
    if (process.platform === 'linux') return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder)
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(folder)
  } catch {
    return false
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
