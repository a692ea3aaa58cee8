import { join } from 'node:path'
import { install } from './installation.mjs'
import { Processes } from './processes.mjs'
import { installReferenceCommand, isReferenceInstalled, referenceFolder } from './reference-server.mjs'
import { stopSignal } from './stop-signal.mjs'
import { environment, node24, root } from './workspace.mjs'

/** What the bench itself needs to stop both servers and Postgres. */
const graceS = 30

/** `npm run bench`: installs what is missing, the reference server included, and measures. The bench gets the arguments. */
const processes = new Processes()
const stopped = stopSignal()
const running = run()
running.catch(() => {})
let code = 1
try {
  code = await Promise.race([running, stopped.then(() => 130)])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
}
await processes.stopAll()
process.exit(code)

/** @returns {Promise<number>} the exit code of the bench */
async function run() {
  await install(processes)
  await installReference()
  const command = [node24, join(root, 'bench/src/main.ts'), ...process.argv.slice(2)]
  return processes.run({ name: 'The bench', command, env: environment(), cwd: root, graceS })
}

async function installReference() {
  if (isReferenceInstalled()) return
  console.log('Installing the reference server (npm ci)…')
  const command = installReferenceCommand
  const code = await processes.run({ name: 'npm ci', command, env: environment(), cwd: referenceFolder })
  if (code !== 0) throw new Error('npm ci of the reference server failed: see above')
}
