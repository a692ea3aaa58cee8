import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { install } from './installation.mjs'
import { Processes } from './processes.mjs'
import { stopSignal } from './stop-signal.mjs'
import { startTestServers } from './test-servers.mjs'
import { environment, node24, root } from './workspace.mjs'

/**
 * `npm test`: installs what is missing, provides Postgres and Redis, and makes one vitest run, which gets the arguments. The last
 * line says `<n> passed, <m> failed`; with CI=true a test that was skipped has failed.
 */
const processes = new Processes()
const stopped = stopSignal()
const folder = mkdtempSync(join(tmpdir(), 'heronry-test-'))
const countsFile = join(folder, 'counts.json')
const running = run()
running.catch(() => {})
let code = 1
try {
  code = await Promise.race([running, stopped.then(() => 130), processes.loss])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
}
await processes.stopAll()
const { passed, failed } = counted()
rmSync(folder, { recursive: true, force: true })
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? code || 1 : code)

/** @returns {Promise<number>} the exit code of vitest */
async function run() {
  await install(processes)
  const { databaseUrl, redisUrl } = await startTestServers(processes, folder)
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', `--reporter=${join(root, 'launcher/counting-reporter.ts')}`]
  return processes.run({
    name: 'vitest',
    command: [node24, vitest, 'run', ...reporters, ...process.argv.slice(2)],
    env: {
      ...environment(),
      HERONRY_TEST_DATABASE_URL: databaseUrl,
      HERONRY_TEST_REDIS_URL: redisUrl,
      HERONRY_TEST_COUNTS: countsFile,
    },
    cwd: root,
  })
}

/** A run that did not come to its end has failed, whatever passed before. */
function counted() {
  try {
    const { passed, failed, skipped } = JSON.parse(readFileSync(countsFile, 'utf8'))
    return { passed, failed: failed + (process.env['CI'] === 'true' ? skipped : 0) }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
