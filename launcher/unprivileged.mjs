import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `nobody`, in every distribution. Postgres wants a user that has a name. */
const nobody = 65534

/**
 * How to run a program that refuses root.
 *
 * @typedef {object} Unprivileged
 * @property {string[]} prefix goes before the command
 * @property {{ uid?: number, gid?: number }} user whom to spawn it as
 */

/**
 * An ordinary user runs it directly. Root runs it in a user namespace where root itself is called `nobody`, so that a folder closed
 * to everybody else (/root) is within reach. Where namespaces are forbidden (Docker), or the folder is closed to all but another
 * user, it becomes that user, or the real `nobody`.
 *
 * @param {{ program: string, folder: string }} reach what it must be able to run, and where it will keep its data
 * @returns {Unprivileged}
 */
export function unprivileged({ program, folder }) {
  if (process.getuid?.() !== 0) return { prefix: [], user: {} }
  const namespace = { prefix: ['unshare', '-U', `--map-user=${nobody}`, `--map-group=${nobody}`], user: {} }
  if (reaches(namespace, { program, folder })) return namespace
  const { uid, gid } = statSync(dirname(folder))
  for (const user of [
    { uid, gid },
    { uid: nobody, gid: nobody },
  ]) {
    if (user.uid === 0) continue
    chmodSync(folder, 0o711)
    if (reaches({ prefix: [], user }, { program, folder })) return { prefix: [], user }
  }
  throw new Error(
    `Postgres refuses to run as root, and no other user reaches ${program} and ${folder}: start as an ordinary user, or from a folder that others may enter`,
  )
}

/** @param {Unprivileged} how @param {{ program: string, folder: string }} reach */
function reaches({ prefix, user }, { program, folder }) {
  const [command = '', ...args] = [...prefix, 'sh', '-c', 'test -x "$0" && test -x "$1"', program, folder]
  return spawnSync(command, args, { ...user, cwd: '/' }).status === 0
}

/** Makes the program the owner of a folder that root has made. @param {Unprivileged} how @param {string} folder */
export function handOver({ user }, folder) {
  if (process.getuid?.() === 0) giveTo(folder, { uid: user.uid ?? 0, gid: user.gid ?? 0 })
}

/** @param {string} path @param {{ uid: number, gid: number }} owner */
function giveTo(path, owner) {
  const stat = lstatSync(path)
  if (stat.uid !== owner.uid) chownSync(path, owner.uid, owner.gid)
  if (!stat.isDirectory()) return
  for (const name of readdirSync(path)) giveTo(join(path, name), owner)
}
