import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { handle } from '../src/handler.ts'
import { createWorker } from '../src/worker.ts'
import { carry } from './workshop.ts'

/** A process that starts a job, says so, and never ends it: it waits to be killed. */
const [databaseUrl, redisUrl] = process.argv.slice(2) as [string, string?]
const worker = createWorker({
  db: openDatabase({ url: databaseUrl, poolMax: 3, applicationName: 'doomed', onIdleError: () => {} }),
  databaseUrl,
  redisUrl,
  logger: createLogger({ service: 'doomed', level: 'warn', enabled: false }),
  handlers: [
    handle(carry, async ({ payload }) => {
      process.stdout.write(`${payload.label}\n`)
      await new Promise(() => {})
    }),
  ],
})
await worker.run(new AbortController().signal)
