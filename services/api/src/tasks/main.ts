import { readTaskConfig } from '@heronry/config/read-task-config'
import { runTask } from '@heronry/core/run-task'
import { openDatabase } from '@heronry/db/database'
import { createLogger } from '@heronry/telemetry/logger'
import { verifyRepos } from './verify-repos.ts'

/** `node services/api/src/tasks/main.ts repo-verify <did>…`: what must open the database, started by the CLI. Needs HERONRY_DATABASE_URL. */
const [task, ...args] = process.argv.slice(2)

await runTask(async () => {
  if (task !== 'repo-verify') throw new Error(`There is no task ${task}: repo-verify`)
  const { databaseUrl } = readTaskConfig(process.env)
  const db = openDatabase({
    url: databaseUrl,
    poolMax: 4,
    applicationName: 'heronry-task',
    onIdleError: () => {},
  })
  try {
    return await verifyRepos(
      { db, logger: createLogger({ service: 'task', level: 'warn', enabled: false }) },
      args,
    )
  } finally {
    await db.destroy()
  }
})
