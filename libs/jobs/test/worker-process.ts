import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { handle } from '../src/handler.ts'
import { createWorker } from '../src/worker.ts'
import { carry } from './workshop.ts'

/**
 * A process that says what it carries. It never puts down what is `heavy`; on SIGTERM it closes what it opened, and ends when nothing
 * else keeps it.
 */
const [databaseUrl, redisUrl] = process.argv.slice(2) as [string, string?]
const db = openDatabase({ url: databaseUrl, poolMax: 3, applicationName: 'carrier', onIdleError: () => {} })
const ending = new AbortController()
process.once('SIGTERM', () => ending.abort())
const worker = createWorker({
  db,
  redisUrl,
  logger: createLogger({ service: 'carrier', level: 'warn', enabled: false }),
  handlers: [
    handle(carry, async ({ payload }) => {
      process.stdout.write(`${payload.label}\n`)
      if (payload.label === 'heavy') await new Promise(() => {})
    }),
  ],
})
await worker.run(ending.signal)
await db.destroy()
