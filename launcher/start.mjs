import { mkdirSync, openSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { lockFolder } from './folder-lock.mjs'
import { houseEnvironment, housePort, plcPort, setting } from './house-environment.mjs'
import { install } from './installation.mjs'
import { waitForPort } from './ports.mjs'
import { overSocket, startPostgres } from './postgres-cluster.mjs'
import { Processes } from './processes.mjs'
import { hasRedis, startRedis } from './redis-server.mjs'
import { openSecrets } from './secrets.mjs'
import { stopSignal } from './stop-signal.mjs'
import { welcome } from './welcome.mjs'
import { environment, node24, root } from './workspace.mjs'

/**
 * `npm start`: installs what is missing, starts the house and all it stands on, says when it is ready, and stops everything
 * within 10 s of SIGINT, SIGTERM or the end of its parent. Whatever a kill -9 leaves, the next start clears up.
 *
 * `--watch` starts the house anew when its sources change.
 */
const processes = new Processes()
const stopped = stopSignal()
const starting = start()
starting.catch(() => {})
try {
  await Promise.race([starting, stopped, processes.loss])
  await Promise.race([stopped, processes.loss])
  console.log('Stopping…')
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
await processes.stopAll()
// A step of the start that was cut short may still wait for something.
process.exit()

async function start() {
  await install(processes)
  const folder = resolve(root, setting('DATA_DIR') ?? 'data')
  if ((await lockFolder(folder)) === undefined) throw new Error(`A house is already running on ${folder}`)
  mkdirSync(join(folder, 'log'), { recursive: true })
  await waitForPort({ port: housePort, purpose: 'the house', variable: 'PDS_PORT' })
  if (!setting('DID_PLC_URL')) {
    await waitForPort({ port: plcPort, purpose: 'the local PLC directory', variable: 'HERONRY_PLC_PORT' })
  }
  const secrets = openSecrets(folder)
  const [databaseUrl, redisUrl] = await Promise.all([
    setting('DATABASE_URL') ?? startPackagedPostgres(folder, secrets),
    startLocalRedis(folder, secrets),
  ])
  const answering = [setting('DID_PLC_URL') ? undefined : startPlc(folder, databaseUrl)]
  const env = houseEnvironment({ folder, databaseUrl, redisUrl, secrets })
  answering.push(startHouse(env))
  await Promise.all(answering)
  const adminPassword = setting('ADMIN_PASSWORD') ?? secrets.adminPassword
  console.log(await welcome({ url: `http://localhost:${housePort}`, adminPassword }))
}

/** @param {string} folder @param {import('./secrets.mjs').Secrets} secrets */
async function startPackagedPostgres(folder, { databasePassword: password }) {
  const data = join(folder, 'postgres')
  const log = join(folder, 'log/postgres.log')
  return overSocket(await startPostgres(processes, { folder: data, log, password, durable: true }), data)
}

/** @param {string} folder @param {import('./secrets.mjs').Secrets} secrets */
async function startLocalRedis(folder, { redisPassword }) {
  if (setting('REDIS_URL') || setting('REDIS_SCRATCH_ADDRESS') || !hasRedis()) return undefined
  const output = openSync(join(folder, 'log/redis.log'), 'w', 0o600)
  return startRedis(processes, { folder, password: redisPassword, output })
}

/** @param {string} folder @param {string} databaseUrl @returns {Promise<void>} when it answers */
function startPlc(folder, databaseUrl) {
  const plc = processes.start({
    name: 'The PLC directory',
    command: [node24, join(root, 'launcher/plc.ts')],
    env: { ...environment(), HERONRY_DATABASE_URL: databaseUrl, HERONRY_PLC_PORT: String(plcPort) },
    output: openSync(join(folder, 'log/plc.log'), 'w', 0o600),
  })
  processes.need(plc)
  return answers(`http://127.0.0.1:${plcPort}/_health`)
}

/** @param {NodeJS.ProcessEnv} env @returns {Promise<void>} when it answers */
function startHouse(env) {
  const watch = process.argv.includes('--watch') ? ['--watch'] : []
  const house = processes.start({
    name: 'The house',
    command: [node24, ...watch, join(root, 'services/standalone/src/main.ts')],
    env,
    graceS: 6,
  })
  processes.need(house)
  return answers(`http://127.0.0.1:${housePort}/xrpc/_health`)
}

/** Resolves when the address answers well; a process that ends instead is noticed elsewhere. @param {string} url */
async function answers(url) {
  while (
    !(await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    ))
  )
    await delay(50)
}
