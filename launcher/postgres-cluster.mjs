import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './ports.mjs'
import { postgresBinaries } from './postgres-binaries.mjs'
import { clearOrphan } from './postgres-orphan.mjs'
import { syncFolder } from './secrets.mjs'
import { handOver, unprivileged } from './unprivileged.mjs'

/** Backends of a server killed with -9 may hold its shared memory, and another program may take the port we chose. */
const startMaxMs = 20_000

/**
 * @typedef {object} Cluster
 * @property {string} folder of the data; its parent exists
 * @property {string} log file
 * @property {string} password of the superuser `postgres`
 * @property {boolean} durable false: a crash of the machine may lose everything (tests)
 * @property {Record<string, string>} [settings] of the server, beside its own
 */

/**
 * The packaged Postgres on a data folder, made if it is missing, on a free port of the loopback. The caller holds the lock of
 * the parent folder. Recovers by itself from a kill -9 at any moment, of whatever part.
 *
 * @param {import('./processes.mjs').Processes} processes
 * @param {Cluster} cluster
 * @returns {Promise<string>} the URL of the database `heronry`
 */
export async function startPostgres(processes, cluster) {
  const binaries = postgresBinaries()
  const reach = { program: join(binaries, 'postgres'), folder: dirname(cluster.folder) }
  const tools = { binaries, ...unprivileged(reach) }
  if (!existsSync(cluster.folder)) await build(processes, { ...cluster, ...tools })
  await clearOrphan(cluster.folder)
  handOver(tools, cluster.folder)
  const deadline = Date.now() + startMaxMs
  for (;;) {
    const port = await start(processes, { ...cluster, ...tools })
    if (port !== undefined) return `postgres://postgres:${cluster.password}@127.0.0.1:${port}/heronry`
    const log = readFileSync(cluster.log, 'utf8')
    if (Date.now() > deadline || !/shared memory block|could not bind|already in use/.test(log)) {
      throw new Error(`Postgres does not start:\n${log.slice(-2000)}`)
    }
    await delay(300)
  }
}

/**
 * The same database by the server's Unix socket, which costs both ends a fraction of what the loopback costs them. As it was where the folder's
 * path leaves no room for the socket's name.
 *
 * @param {string} url what `startPostgres` returned
 * @param {string} folder of the data
 */
export function overSocket(url, folder) {
  const local = new URL(url)
  if (!fitsSocket(folder, Number(local.port))) return url
  local.searchParams.set('host', folder)
  return local.href
}

/**
 * A socket's path has 103 bytes at least (macOS) beside the end, and its lock file the longest name.
 *
 * @param {string} folder
 * @param {number} port
 */
function fitsSocket(folder, port) {
  return Buffer.byteLength(join(folder, `${socketPrefix}${port}.lock`)) <= 103
}

const socketPrefix = '.s.PGSQL.'

/** @typedef {Cluster & import('./unprivileged.mjs').Unprivileged & { binaries: string }} Tools */

/**
 * Makes the data folder under another name and gives it its name when it is complete. kill -9 here leaves a folder that the
 * next start removes.
 *
 * @param {import('./processes.mjs').Processes} processes
 * @param {Tools} tools
 */
async function build(processes, tools) {
  const parent = dirname(tools.folder)
  const prefix = `${basename(tools.folder)}.new-`
  for (const name of readdirSync(parent).filter((it) => it.startsWith(prefix))) {
    rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 20 })
  }
  const folder = join(parent, prefix + randomBytes(4).toString('hex'))
  mkdirSync(folder, { mode: 0o700 })
  const passwordFile = join(folder, '.password')
  writeFileSync(passwordFile, tools.password, { mode: 0o600 })
  const data = join(folder, 'data')
  handOver(tools, folder)
  const initdb = [join(tools.binaries, 'initdb'), '-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C']
  const options = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '-A', 'scram-sha-256']
  await runTool(processes, tools, [
    ...initdb,
    ...options,
    `--pwfile=${passwordFile}`,
    ...(tools.durable ? [] : ['-N']),
  ])
  const createDatabase = `echo 'CREATE DATABASE heronry' | "$0" --single -D "$1" postgres`
  await runTool(processes, tools, ['sh', '-c', createDatabase, join(tools.binaries, 'postgres'), data])
  renameSync(data, tools.folder)
  if (tools.durable) syncFolder(parent)
  rmSync(folder, { recursive: true, force: true })
}

/** @param {import('./processes.mjs').Processes} processes @param {Tools} tools @param {string[]} command */
async function runTool(processes, { prefix, user, log }, command) {
  const output = openSync(log, 'a', 0o600)
  const name = basename(command[0] ?? '')
  const code = await processes.run({
    name,
    command: [...prefix, ...command],
    env: process.env,
    output,
    user,
    cwd: '/',
  })
  closeSync(output)
  if (code !== 0) throw new Error(`${name} failed:\n${readFileSync(log, 'utf8').slice(-2000)}`)
}

/**
 * @param {import('./processes.mjs').Processes} processes
 * @param {Tools} tools
 * @returns {Promise<number | undefined>} the port, once connections are accepted; undefined when the server has ended instead
 */
async function start(processes, { binaries, prefix, user, folder, log, durable, settings: added }) {
  const port = await freePort()
  // The lock of a socket that a kill left names a process, and that number may be another's by now.
  for (const name of readdirSync(folder).filter((it) => it.startsWith(socketPrefix)))
    rmSync(join(folder, name))
  const output = openSync(log, 'w', 0o600)
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: fitsSocket(folder, port) ? folder : '',
    max_connections: 200,
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...added,
  }
  const postgres = processes.start({
    name: 'Postgres',
    command: [
      ...prefix,
      join(binaries, 'postgres'),
      '-D',
      folder,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: process.env,
    signal: 'SIGINT',
    output,
    user,
    cwd: '/',
  })
  closeSync(output)
  let ended = false
  postgres.ended.finally(() => {
    ended = true
  })
  while (!isReady(folder, port)) {
    if (ended) return undefined
    await delay(20)
  }
  processes.need(postgres)
  return port
}

/** The server tells its state in the eighth line of its pid file, its port in the fourth. @param {string} folder @param {number} port */
function isReady(folder, port) {
  const file = join(folder, 'postmaster.pid')
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines[3] === String(port) && lines[7]?.trim() === 'ready'
}
