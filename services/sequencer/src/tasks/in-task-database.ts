import { type Database, openDatabase } from '@heronry/db/database'
import { createLogger, type Logger } from '@heronry/telemetry/logger'

/** Runs a task with a small pool of its own, as the user who connects, and with a log that nobody reads. */
export async function inTaskDatabase<T>(
  url: string,
  task: (parts: { db: Database; logger: Logger }) => Promise<T>,
): Promise<T> {
  const db = openDatabase({ url, poolMax: 4, applicationName: 'heronry-task', onIdleError: () => {} })
  const logger = createLogger({ service: 'task', level: 'warn', enabled: false })
  return await task({ db, logger }).finally(() => db.destroy())
}
