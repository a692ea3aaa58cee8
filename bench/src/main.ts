import { join } from 'node:path'
import { lockFolder } from '@heronry/launcher/folder-lock.mjs'
import { Processes } from '@heronry/launcher/processes.mjs'
import { stopSignal } from '@heronry/launcher/stop-signal.mjs'
import { bench } from './bench.ts'
import { parseOptions } from './options.ts'

/**
 * `npm run bench [-- <line>…] [--rounds N] [--quick] [--alone] [--profile]`. Ends with 1 when a number does not count because the
 * sides disagree. Whatever ends it, all it has started is stopped; the servers' data and logs stay until the next run.
 */
const folder = join(import.meta.dirname, '../data')
const processes = new Processes()
const stopped = stopSignal()
const running = run()
running.catch(() => {})
let code = 1
try {
  code = await Promise.race([running, stopped.then(() => 130), processes.loss])
} catch (error) {
  console.error(error)
}
await processes.stopAll()
process.exit(code)

async function run(): Promise<number> {
  const options = parseOptions(process.argv.slice(2))
  if (process.platform !== 'linux')
    throw new Error('The bench reads CPU and memory from /proc: it needs Linux')
  if ((await lockFolder(folder)) === undefined) throw new Error('A bench is already running')
  return (await bench(processes, { ...options, folder })) ? 0 : 1
}
