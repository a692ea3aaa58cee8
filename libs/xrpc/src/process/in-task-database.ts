import { type Database, openDatabase } from '@heronry/db/database'
import { createLogger, type Logger } from '@heronry/telemetry/logger'
import { taskPoolMax } from './limits.ts'

export interface TaskParts {
  readonly db: Database
  /** Says nothing: the answer of a task is all it has to say. */
  readonly logger: Logger
}

/** What a task does with the database at `url`, with the rights of the user who connects. */
export async function inTaskDatabase<T>(url: string, act: (parts: TaskParts) => Promise<T>): Promise<T> {
  const logger = createLogger({ service: 'task', level: 'warn', enabled: false })
  const db = openDatabase({
    url,
    poolMax: taskPoolMax,
    applicationName: 'heronry-task',
    onIdleError: () => {},
  })
  try {
    return await act({ db, logger })
  } finally {
    await db.destroy()
  }
}
