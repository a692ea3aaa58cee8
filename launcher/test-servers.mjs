import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres } from './postgres-cluster.mjs'
import { hasRedis, startRedis } from './redis-server.mjs'
import { environment, node24, root } from './workspace.mjs'

/**
 * Postgres and Redis for one test run: those that HERONRY_TEST_DATABASE_URL and HERONRY_TEST_REDIS_URL name, else containers where
 * there is a Docker engine, else the packaged Postgres and the machine's redis-server.
 *
 * @param {import('./processes.mjs').Processes} processes
 * @param {string} folder for what they keep
 * @returns {Promise<{ databaseUrl: string, redisUrl: string }>}
 */
export async function startTestServers(processes, folder) {
  if (!hasNginx()) await installPackage(processes, 'nginx-light')
  if (!hasSwift()) await installPackage(processes, swiftPackages)
  const databaseUrl = process.env['HERONRY_TEST_DATABASE_URL']
  const redisUrl = process.env['HERONRY_TEST_REDIS_URL']
  if (databaseUrl && redisUrl) return { databaseUrl, redisUrl }
  const containers = hasDocker() ? await startContainers(processes, folder) : undefined
  return {
    databaseUrl: databaseUrl || containers?.databaseUrl || (await startPackagedPostgres(processes, folder)),
    redisUrl: redisUrl || containers?.redisUrl || (await startMachineRedis(processes, folder)),
  }
}

/** What stands before the house of several processes; without it the tests of that house alone fail, and say so. */
function hasNginx() {
  return spawnSync('nginx', ['-v'], { env: { PATH: `${process.env['PATH']}:/usr/sbin` } }).status === 0
}

/** The command line alone is no sign of an engine. */
function hasDocker() {
  return spawnSync('docker', ['info'], { timeout: 10_000 }).status === 0
}

/** @param {import('./processes.mjs').Processes} processes @param {string} folder */
async function startContainers(processes, folder) {
  const answer = join(folder, 'containers.json')
  const containers = processes.start({
    name: 'The containers',
    command: [node24, join(root, 'launcher/containers.ts'), answer],
    env: environment(),
    graceS: 20,
  })
  let ended = false
  containers.ended.finally(() => {
    ended = true
  })
  for (;;) {
    const text = readIfThere(answer)
    if (text !== undefined) return JSON.parse(text)
    if (ended) throw new Error('The containers could not be started: see above')
    await delay(50)
  }
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** @param {import('./processes.mjs').Processes} processes @param {string} folder */
function startPackagedPostgres(processes, folder) {
  return startPostgres(processes, {
    folder: join(folder, 'postgres'),
    log: join(folder, 'postgres.log'),
    password: randomBytes(12).toString('hex'),
    durable: false,
  })
}

/** @param {import('./processes.mjs').Processes} processes @param {string} folder */
async function startMachineRedis(processes, folder) {
  if (!hasRedis()) await installRedis(processes)
  return startRedis(processes, { folder, password: randomBytes(12).toString('hex'), output: 'ignore' })
}

/** An S3 server that somebody else wrote. */
const swiftPackages = 'swift-proxy swift-account swift-container swift-object'

function hasSwift() {
  return spawnSync('swift-proxy-server', ['--version']).error === undefined
}

/** @param {import('./processes.mjs').Processes} processes */
async function installRedis(processes) {
  await installPackage(processes, 'redis-server')
  if (hasRedis()) return
  throw new Error(
    'The tests need Redis: install redis-server (Debian: apt-get install redis-server; macOS: brew install redis), or set HERONRY_TEST_REDIS_URL',
  )
}

/** Where we may: as root on Debian. @param {import('./processes.mjs').Processes} processes @param {string} name of one, or of several */
async function installPackage(processes, name) {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return
  console.log(`Installing ${name}…`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = `apt-get update && apt-get install -y --no-install-recommends ${name}`
  await processes.run({ name: 'apt-get', command: ['sh', '-c', install], env, graceS: 10 })
}
