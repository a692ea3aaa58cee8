import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { handle } from '../src/handler.ts'
import { createWorker } from '../src/worker.ts'
import { carry } from './workshop.ts'

/** A process that says what it has carried, and on SIGTERM closes what it opened: it ends when nothing keeps it. */
const [databaseUrl, redisUrl] = process.argv.slice(2) as [string, string?]
const db = openDatabase({ url: databaseUrl, poolMax: 3, applicationName: 'ending', onIdleError: () => {} })
const ending = new AbortController()
process.once('SIGTERM', () => ending.abort())
const worker = createWorker({
  db,
  databaseUrl,
  redisUrl,
  logger: createLogger({ service: 'ending', level: 'warn', enabled: false }),
  handlers: [handle(carry, async ({ payload }) => void process.stdout.write(`${payload.label}\n`))],
})
await worker.run(ending.signal)
await db.destroy()
